"""Every word a person reads in the studio, one table a language.

A new language is one more table with the same keys; nothing else changes. Sentences speak to the person and say what
happens, never how it is built.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # the frame around everything
        "title": "Selfsame",
        "motto": "You, older, younger, smiling, or in another photo of you. Nobody else's face.",
        "step_agree": "Agree",
        "step_prove": "Prove",
        "step_play": "Play",
        "step_verify": "Verify",
        "withdraw": "Withdraw and wipe",
        "session_open": "It is you",
        "session_left": "· wiped in {minutes} min",
        "withdrawn_title": "Everything is gone.",
        "withdrawn": "Your face data, your pictures and your results were wiped from memory.",
        # agree
        "agree_title": "Before we look at you",
        "agree_happens_title": "What happens",
        "agree_happens": "Your camera looks at you for about twenty seconds, to see that a living person is here and "
        "what this person looks like. After that, only this one face can be changed; every other one is refused.",
        "agree_kept_title": "What is kept",
        "agree_kept": "Face data and pictures stay in this computer's memory for at most {minutes} minutes, or until "
        "you press Withdraw. On disk: this receipt, and a log of yes and no without pictures or face data. Nothing is "
        "sent anywhere.",
        "agree_kept_command": "Face data and pictures stay in this computer's memory until the command has ended. On "
        "disk: a receipt, and a log of yes and no without pictures or face data. Nothing is sent anywhere. Stop the "
        "command, with Ctrl-C, to withdraw.",
        "agree_marked_title": "What is marked",
        "agree_marked": "Every finished picture carries a visible AI label and a signed record of how it was made, so "
        "that nobody can be misled.",
        "agree_purposes": "You may use my face to",
        "purpose_age": "show me older or younger",
        "purpose_express": "change my expression",
        "purpose_swap": "put my face into another photo of me",
        "agree_me": "I will be the person in front of the camera, and I agree freely.",
        "agree_adult": "I am 18 or older.",
        "agree_button": "I agree",
        "agree_change": "Change this",
        "agreed_title": "Thank you. That is noted.",
        "agreed": "You agreed that your face may be used to:",
        "receipt": "Download your receipt",
        "no_consent_reason": "You have not agreed to the camera check.",
        "no_consent_remedy": "Read step 1 and agree first.",
        # prove
        "prove_title": "Show that it is you, here and now",
        "prove_text": "Sit facing a window or a lamp, with your face free. You say what you can do, and the page asks "
        "you to turn your head and to move your face, in an order nobody can know before. It takes about twenty "
        "seconds.",
        "prove_button": "Start the camera check",
        "prove_waiting": "Please agree in step 1 first.",
        "proved_title": "It is you.",
        "proved": "Your session is open for {minutes} minutes. You can start.",
        "prove_next": "Go on to Play",
        "capture_title": "Camera check",
        "capture_video": "Your camera",
        "capture_asking": "Please allow the camera",
        "capture_checking": "One moment, looking closely",
        "capture_passed": "It is you",
        "capture_again": "Try again",
        "capture_cancel": "Cancel",
        "capture_close": "Close",
        "capture_change": "Change my choices",
        "capture_ring": "Keep the ring on it",
        "capture_slow": "Your camera is slow. More light helps.",
        # before the check: which kind, and what can you do
        "capture_choose": "Before we start",
        "capture_choose_kind": "How shall we see that you are really here?",
        "kind_motion_light_title": "Coloured light",
        "kind_motion_light_text": "For about 5 seconds your screen lights your face in 8 changing colours. It does not "
        "work in sunlight.",
        "capture_recommended": "Recommended",
        "capture_caution": "The whole screen changes colour 2 times a second. Do not choose this if you have "
        "photosensitive epilepsy.",
        "kind_motion_title": "No coloured light: follow a dot instead",
        "kind_motion_text": "For about 6 seconds you follow a slowly moving dot with your nose. Nothing flashes.",
        "capture_calm": "Chosen because your system asks for less motion.",
        "capture_choose_can": "What can you do?",
        "capture_choose_can_text": "Switch off what you cannot do well. Then there are more rounds of the rest.",
        "ability_turn": "Turn my head",
        "ability_nod": "Nod",
        "ability_eyes": "Close my eyes",
        "ability_mouth": "Open my mouth",
        "ability_lean": "Come closer",
        "capture_begin": "Start the camera",
        # during the check, by the code of the hint
        "hint_centre": "Look straight ahead",
        "hint_turn-left": "Turn your head to your left",
        "hint_turn-right": "Turn your head to your right",
        "hint_nod": "Nod: lower your chin",
        "hint_close-eyes": "Close both eyes until you hear the tone",
        "hint_open-mouth": "Open your mouth wide",
        "hint_lean-in": "Come closer to the camera",
        "hint_light": "Look straight ahead and hold still",
        "hint_dot": "Follow the dot with your nose",
        "hint_no-face": "No face in sight: look into the camera",
        "hint_several-faces": "Only one person, please",
        "hint_come-closer": "Come closer",
        "hint_go-back": "Move back a little",
        "hint_centre-yourself": "Move into the middle of the oval",
        "hint_more-light": "More light on your face, please",
        "hint_less-light": "Less light on your face, please",
        "hint_hold-still": "Hold still",
        "hint_complete": "Done",
        # what only the browser can see
        "no_camera_refused_reason": "The browser was not allowed to use the camera.",
        "no_camera_refused_remedy": "Click the camera sign in the address bar, allow it, and try again.",
        "no_no_camera_reason": "No camera was found.",
        "no_no_camera_remedy": "Plug one in, or open this page on a computer that has one, and try again.",
        "no_camera_busy_reason": "Another program is using the camera.",
        "no_camera_busy_remedy": "Close the other program and try again.",
        "no_camera_stopped_reason": "The camera stopped.",
        "no_camera_stopped_remedy": "Check its cable and its switch, and try again.",
        "no_page_hidden_reason": "The page was hidden during the check.",
        "no_page_hidden_remedy": "Keep it in front until the check is over, and try again.",
        "no_connection_lost_reason": "The connection to the program on this computer was lost.",
        "no_connection_lost_remedy": "See whether it still runs in the terminal, then try again.",
        "no_browser_old_reason": "This browser cannot time its camera frames.",
        "no_browser_old_remedy": "Use a current Chromium, Chrome, Edge, Firefox or Safari.",
        "no_page_insecure_reason": "The browser gives no camera to this address.",
        "no_page_insecure_remedy": "Open the link with 127.0.0.1 that was printed in the terminal.",
        "no_virtual_camera_reason": "This is not a camera but a program that plays pictures as one.",
        "no_virtual_camera_remedy": "Choose a real camera in the browser's address bar and try again.",
        "no_flashing_reason": "The screen was about to change colour too fast. It was stopped for your safety.",
        "no_flashing_remedy": "Please report this. You can choose the check without coloured light.",
        "no_check_running_reason": "A camera check is already running in this browser.",
        "no_check_running_remedy": "Finish or close it first.",
        # play
        "play_locked_title": "First, show that it is you",
        "play_locked": "Agree in step 1 and do the camera check in step 2. Then this is where you play.",
        "ended_title": "Your session has ended",
        "ended": "Everything about you was wiped from memory. To go on, agree in step 1 and do the camera check again.",
        "back": "Back to my picture",
        "play_action": "What to make",
        "action_age": "Age",
        "action_express": "Expression",
        "action_swap": "Swap",
        "years": "Years",
        "years_info": "Left is younger, right is older.",
        "smile": "Smile",
        "brows": "Brows",
        "eyes": "Eyes",
        "mouth": "Mouth",
        "make": "Make it",
        "target_title": "Your picture",
        "target_text": "Drop a photo of yourself here, or press to choose one",
        "source_title": "The face to put in",
        "source_text": "Another photo of you",
        "drop_kinds": "JPEG, PNG or WebP",
        "drop_any": "Any file, from anyone",
        "use_live": "Use my live picture",
        "take_away": "Choose another",
        "looking": "Looking",
        "matched": "It is you",
        "matched_live": "You, live",
        "live_unseen": "A frame of your camera check. It stays in memory: only finished, labelled pictures are shown.",
        "choose_face": "Press the number of your face.",
        "face_number": "Face {number}",
        "before": "Before",
        "after": "After",
        "compare": "Slide between before and after",
        "download": "Download",
        "result_note": "Labelled and signed. The download is exactly what you see here.",
        "no_target_reason": "There is no picture to change yet.",
        "no_target_remedy": "Drop a photo of yourself, or use your live picture.",
        "no_source_reason": "A swap needs two pictures of you.",
        "no_source_remedy": "Choose the second one, or use your live picture.",
        "fault_reason": "The program made a mistake. Nothing was made.",
        "fault_remedy": "Run `selfsame doctor`; if it finds nothing, please report this.",
        "no_title": "Not done",
        # verify
        "verify_title": "Where does a picture come from?",
        "verify_text": "Drop any picture. It is read on this computer and forgotten at once.",
        "verify_drop": "Drop a file here, or press to choose one",
        "fact_when": "Made",
        "fact_what": "What was changed",
        "fact_what_swap": "the face, from another picture of the same person",
        "fact_what_age": "the age of the face",
        "fact_what_express": "the expression of the face",
        "fact_who": "Whose face",
        "fact_who_live": "the person's own, checked live before a camera",
        "fact_who_demo": "a person who does not exist (demonstration)",
        "fact_engine": "Made with",
        "fact_settings": "Settings",
        "fact_signer": "Signed by",
        "fact_title": "Title",
        "fact_label": "Visible label",
        "fact_label_yes": "found in the picture",
        "fact_label_no": "not found",
        "fact_receipt": "Consent receipt",
        "fact_failures": "What failed",
        "too_large": "That file is too large. The limit is 32 MB.",
        "upload_failed": "The file could not be read. Is the program still running?",
        # the page that a command opens for the live check
        "live_title": "Camera check",
        "live_for": "A command in your terminal asks to: {purpose}.",
        "live_done": "Done. You can close this page and go back to the terminal.",
    }
)

TABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"en": EN})
DEFAULT: Final = "en"
_ALWAYS: Final = (
    *("agree_title", "agree_happens_title", "agree_happens", "agree_kept_title"),
    *("agree_marked_title", "agree_marked", "agree_me", "agree_adult"),
)
STUDIO_CONSENT: Final = (
    *_ALWAYS,
    "agree_kept",
    "agree_purposes",
    "purpose_age",
    "purpose_express",
    "purpose_swap",
    "agree_button",
)
"""What a person reads in step 1 before they agree."""
COMMAND_CONSENT: Final = (*_ALWAYS, "agree_kept_command", "live_for")
"""What a person reads on the page that a command opens."""


def say(key: str, language: str = DEFAULT, **parts: object) -> str:
    """The text of one key.

    Args:
        key: a key of the tables; an unknown one is a bug and raises KeyError.
        language: a language we have, else English is spoken.
        parts: what to put into the braces.
    """
    text = TABLES.get(language, EN)[key]
    return text.format(**parts) if parts else text


def language(accepted: str) -> str:
    """The first language of an `Accept-Language` header that we have."""
    tags = (part.split(";")[0].strip().lower().split("-")[0] for part in accepted.split(","))
    return next((tag for tag in tags if tag in TABLES), DEFAULT)


def hinted(code: str, english: str, language: str) -> str:
    """A sentence of the live check by its code; the English ones belong to `consent.liveness.guide`."""
    return TABLES.get(language, EN).get(f"hint_{code}", english)


def consent_text(keys: tuple[str, ...], language: str, **parts: object) -> str:
    """The text a person agrees to, whole; its digest goes into the receipt.

    Args:
        keys: which text, `STUDIO_CONSENT` or `COMMAND_CONSENT`.
        language: the language it was shown in.
        parts: what is put into the braces.
    """
    return "\n".join(say(key, language, **parts) for key in keys)
