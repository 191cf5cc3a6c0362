"""Every word a person reads in the studio, one table a language.

A new language is one more table with the same keys. Sentences say what happens, never how it is built.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.studio import strings_data, strings_films, strings_mirror, strings_personal
from app.studio.strings_zh import ZH

if TYPE_CHECKING:
    from collections.abc import Mapping

_MORE: Final = (strings_mirror, strings_films, strings_personal, strings_data)
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
        "withdrawn": "Your face data, your pictures and your results were wiped from memory. It is written down that "
        "you withdrew: a check of your earlier pictures on this computer says so.",
        # agree
        "agree_title": "Before we look at you",
        "agree_happens_title": "What happens",
        "agree_happens": "Your camera looks at your face for about twenty seconds. This shows that you are really "
        "there. Then this program can change your face in your own pictures. It says no to every other face.",
        "agree_kept_title": "What is kept",
        "agree_kept": "Your face data and your pictures are not kept. They stay in the memory of this computer for at "
        "most {minutes} minutes, or until you press Withdraw. Then they are wiped. Nothing is sent to anyone. "
        "Three things stay on this computer until you delete them. One is your receipt. One is a log of each yes and "
        "no. One is a list of the finished pictures. It holds the signed note of each, and where it is light or dark, "
        "very roughly. So a copy can be known again. There is no picture and no face data in them.",
        "agree_kept_command": "Your face data and your pictures are not kept. They stay in the memory of this computer "
        "until the command ends, and for at most {minutes} minutes. Then they are wiped. Nothing is sent to anyone. "
        "Four things stay on this computer until you delete them. One is the picture you asked for. One is your "
        "receipt. One is a log of each yes and no. One is a list of the finished pictures. It holds the signed note of "
        "each, and where it is light or dark, very roughly. So a copy can be known again. There is no face data in "
        "the last three.",
        "agree_stop_title": "How to stop",
        "agree_stop": "Press Withdraw at any time. You do not have to say why. All work stops, and your face data is "
        "wiped. If someone checks one of your pictures on this computer, they are told that you withdrew. You can do "
        "this later, too: your receipt says how. Pictures that you saved or gave away stay where they are.",
        "agree_stop_command": "Press Ctrl-C in the terminal. The work stops, and your face data is wiped. You can "
        "also take back your yes later: your receipt says how. If someone then checks the picture on this computer, "
        "they are told that you withdrew. Pictures that you saved or gave away stay where they are.",
        "agree_marked_title": "What is marked",
        "agree_marked": "Each finished picture shows a label: AI modified. It also holds a signed note that says how "
        "it was made, and a mark that the eye does not see. So nobody is fooled.",
        "agree_purposes": "You may use my face to",
        "purpose_swap": "put my face into another photo of me",
        "purpose_age": "show me older or younger",
        "purpose_express": "change my expression",
        "purpose_video": "change my face in a video of me",
        "purpose_mirror": "change my face live, as in a mirror",
        "purpose_personal-model": "learn a model of my face, for me alone",
        "agree_me": "I will be the person in front of the camera, and I agree freely.",
        "agree_adult": "I am 18 or older.",
        "agree_button": "I agree",
        "agree_change": "Change this",
        "agreed_title": "Thank you. That is noted.",
        "agreed": "You agreed that your face may be used to:",
        "receipt": "Download your receipt",
        "receipt_as_record": "The same, for programs",
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
        "hint_again": "That was not seen: look straight ahead, it comes once more",
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
        "undo": "Undo",
        "gallery": "Made in this session",
        "gallery_number": "Picture {number}",
        "preview": "Preview",
        "play_action": "What to make",
        "action_age": "Age",
        "action_express": "Expression",
        "action_swap": "Swap",
        "action_together": "Together",
        "years": "Years",
        "years_info": "Left is younger, right is older. A picture, not a forecast.",
        "strip_make": "Six ages at once",
        "strip_stop": "Stop",
        "strip_far": "{done} of {all} ages",
        "strip_title": "Six ages",
        "strip_years": "{years} years",
        "slider_smile": "Smile",
        "slider_brows": "Brows",
        "slider_eyes": "Eyes",
        "slider_mouth": "Mouth",
        "slider_gaze": "Gaze, left and right",
        "slider_gaze_up": "Gaze, down and up",
        "slider_tilt": "Tilt of the head",
        "slider_turn": "Turn of the head",
        "face_choice": "Expression",
        "face_smile": "Smile",
        "face_laugh": "Laugh",
        "face_surprise": "Surprise",
        "face_sad": "Sad",
        "face_wink": "Wink",
        "face_sceptical": "Sceptical",
        "face_copy_photo": "Copy the photo below",
        "face_copy_open_mouth": "Copy my open mouth, live",
        "face_copy_close_eyes": "Copy my closed eyes, live",
        "face_none": "Sliders only",
        "amount": "How much of it",
        "parts": "Which parts of the face",
        "part_skin": "Skin",
        "part_eyes": "Eyes",
        "part_brows": "Brows",
        "part_nose": "Nose",
        "part_mouth": "Mouth",
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
        "verify_picture": "The picture you dropped",
        "drawn_label": "The frame: the visible label",
        "drawn_mark": "The grid: the invisible watermark. It repeats in every field.",
        "fact_when": "Made",
        "fact_what": "What was changed",
        "fact_what_swap": "the face, from another picture of the same person",
        "fact_what_age": "the age of the face",
        "fact_what_express": "the expression of the face",
        "fact_what_swap+age": "the face, from another picture of the same person, and its age",
        "fact_what_swap+express": "the face, from another picture of the same person, and its expression",
        "fact_what_age+express": "the age of the face and its expression",
        "fact_what_swap+age+express": "the face, from another picture of the same person, its age and its expression",
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
        "fact_watermark": "Invisible watermark",
        "fact_receipt": "Consent receipt",
        "fact_whose_ours": "this installation",
        "fact_whose_theirs": "someone else",
        "fact_likeness": "Likeness the gate found",
        "fact_likeness_text": "at least {source} (source) and {target} (target)",
        "fact_changed": "Changed since",
        "fact_changed_pixels": "the pixels",
        "fact_changed_claim": "the signed claim",
        "fact_changed_certificate": "the certificate",
        "fact_changed_assertions": "what it states",
        "fact_changed_unsigned_bytes": "bytes that nothing signs",
        "fact_changed_manifest": "the manifest",
        "fact_changed_manifest_removed": "the manifest was removed",
        "fact_changed_signed_again_by_another": "somebody else signed it again",
        "fact_changed_watermark_copied": "the watermark comes from another picture",
        "fact_failures": "What failed",
        "fact_withdrawn": "Consent withdrawn",
        "verify_unknown": "It is not known whether the consent was withdrawn since. {reason}",
        "too_large": "That file is too large. The limit is 32 MB.",
        "upload_failed": "The file could not be read. Is the program still running?",
        # the page that a command opens for the live check
        "live_title": "Camera check",
        "live_for": "A command in your terminal asks to: {purpose}.",
        "live_done": "Done. You can close this page and go back to the terminal.",
        # the receipt
        "receipt_title": "Your consent receipt",
        "receipt_given": "You said yes on {time}.",
        "receipt_withdrawn": "You said yes on {time}, and took it back on {end}.",
        "receipt_keep": "Keep this file. There is no picture and no face data in it.",
        "receipt_purposes": "Your face may be used to",
        "receipt_said": "You also said",
        "receipt_said_self": "The face is mine, and I agree freely.",
        "receipt_said_adult": "I am 18 or older.",
        "receipt_data": "What is used",
        "receipt_data_face-images": "pictures of your face",
        "receipt_data_face-data": "face data made from them",
        "receipt_from": "Where it comes from",
        "receipt_from_camera-and-chosen-files": "your camera, and the pictures you choose",
        "receipt_place": "Where it is worked on",
        "receipt_place_this-computer": "on this computer only, by the program alone",
        "receipt_stored": "Where it is kept",
        "receipt_stored_memory-of-this-computer": "in the memory of this computer, not on its disk; finished pictures "
        "where you save them",
        "receipt_time": "For how long",
        "receipt_minutes": "{minutes} minutes at most; then it is wiped",
        "receipt_others": "Who else gets it",
        "receipt_nobody": "nobody",
        "receipt_charge": "Who is in charge",
        "receipt_charge_installation": "you, with the copy of the program on your own computer",
        "receipt_basis": "Why it is allowed",
        "receipt_basis_explicit-consent": "because you said yes, and only for what you said yes to",
        "receipt_law": "Under which law",
        "receipt_law_not-known": "that of the place where you are; the program does not know it",
        "receipt_stop": "How to stop",
        "receipt_stop_button": "press Withdraw in the studio: the session ends at once",
        "receipt_stop_command": "later, in a terminal: selfsame withdraw {id}",
        "receipt_number": "Number",
        "receipt_words": "The words you read",
        "receipt_words_id": "Text {version}, language {tag}, SHA-256 {sha256}",
        "receipt_signed": "Signed by the installation with the key {public}. To check this file: selfsame receipt FILE",
        "receipt_form": "Built like a consent receipt of ISO/IEC TS 27560:2023; not certified by anybody.",
        "receipt_record": "The signed record, for programs",
        **{key: said for more in _MORE for key, said in more.EN.items()},
    }
)

TABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "en": EN,
        "zh": MappingProxyType({**ZH, **{key: said for more in _MORE for key, said in more.ZH.items()}}),
    }
)
DEFAULT: Final = "en"
CHOSEN: Final = "selfsame_language"
"""Cookie with the language that was chosen on the page, where that is not the browser's own."""
STUDIO_NOTICE: Final = "studio-5"
"""Version of what a person reads in step 1 before they agree; another word is another version."""
COMMAND_NOTICE: Final = "command-3"
"""The same for the page that a command opens."""
NOTICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        STUDIO_NOTICE: (
            *("agree_title", "", "agree_happens_title", "agree_happens", "", "agree_kept_title", "agree_kept", ""),
            *("agree_stop_title", "agree_stop", "", "agree_marked_title", "agree_marked", "", "agree_purposes"),
            *("purpose_age", "purpose_express", "purpose_swap", "purpose_video", "purpose_mirror"),
            *("purpose_personal-model", ""),
            *("agree_me", "agree_adult", "agree_button"),
        ),
        COMMAND_NOTICE: (
            *("live_for", "", "agree_title", "", "agree_happens_title", "agree_happens", ""),
            *("agree_kept_title", "agree_kept_command", "", "agree_stop_title", "agree_stop_command", ""),
            *("agree_marked_title", "agree_marked", "", "agree_me", "agree_adult"),
        ),
    }
)
"""The keys of each text, in the order of the page; an empty one is an empty line."""


def say(key: str, language: str = DEFAULT, **parts: object) -> str:
    """The text of one key.

    Args:
        key: a key of the tables; an unknown one is a bug and raises KeyError.
        language: a language we have, else English is spoken.
        parts: what to put into the braces.
    """
    text = TABLES.get(language, EN)[key]
    return text.format(**parts) if parts else text


def language(accepted: str, cookies: str = "") -> str:
    """Which language a browser is spoken to in: the chosen one, else the first that it asks for and we have.

    Args:
        accepted: its `Accept-Language` header.
        cookies: its `Cookie` header.
    """
    given = dict(part.strip().partition("=")[::2] for part in cookies.split(";"))
    if given.get(CHOSEN) in TABLES:
        return given[CHOSEN]
    tags = (part.split(";")[0].strip().lower().split("-")[0] for part in accepted.split(","))
    return next((tag for tag in tags if tag in TABLES), DEFAULT)


def hinted(code: str, english: str, language: str) -> str:
    """A sentence of the live check by its code; the English ones belong to `consent.liveness.guide`."""
    return TABLES.get(language, EN).get(f"hint_{code}", english)


def consent_text(version: str, language: str, **parts: object) -> str:
    """The text a person agrees to, whole; it goes into the receipt, with its digest.

    Args:
        version: which text, `STUDIO_NOTICE` or `COMMAND_NOTICE`.
        language: the language it was shown in.
        parts: what is put into the braces.
    """
    return "\n".join(say(key, language, **parts) if key else "" for key in NOTICES[version])
