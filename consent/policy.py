"""Every limit of the gate, in one place, each with the measurement behind it. Nothing here is read from anywhere.

*Research* marks a figure measured before the project on real faces or rendered sessions (docs/models.md says
how); figures of this code are printed by the tests named beside them.
"""

from __future__ import annotations

from typing import Final

# --- recognition -----------------------------------------------------------------------------------------------------
MATCH_COSINE: Final = 0.55
"""SFace, flip-averaged, wanted: at most 1 false match in 100,000 adults. One photograph against one, 0.50 lets in 3 of
218,864 impostor pairs and 0.55 none (95 % upper bound 1.7 in 100,000); a tail fitted to the counts gives 2 and 0.7 in
100,000. Templates of five photographs: at 0.50, 0 of 24,560 and 0.2 % false rejects (research; docs/gate.md)."""
TEMPLATE_FRAMES: Final = 5
"""Fewer frames raise the false rejects at 0.50 from 0.2 % to 10 % (one photo) (research)."""
TEMPLATE_COSINE: Final = 0.55
"""A frame that agrees less with the middle of those at rest is not used. At rest the same person's frames of one
session lie above 0.8 (research: tracks of one person, 5th percentile 0.6); of the turns and faces of a real recording,
limits of 0.3 to 0.55 gave the same template (docs/gate.md), so the strictest was taken."""
ADULT_YEARS: Final = 25.0
"""Apparent age before the camera, median of the frames at rest, below which nobody enrols. Wanted: at most 5 % of
under-13s pass, at most 10 % of those over 25 are refused. 630 UTKFace crops, one picture each: 4.4 % of under-13s and
13.3 % of 13 to 17 pass; 47 % of 18 to 24, 18 % of 25 to 39 and none from 40 on are refused (research), which is 6 % of
the years 25 to 69. Recognisers cannot tell children apart: 25 % false matches at ages 1 to 2 (research)."""
GROWN_YEARS: Final = 21.0
"""Apparent age in one picture of a person whose age was estimated live. It finds pictures of the adult as a child: 93 %
of under-13s and 60 % of 13 to 17, with 9 % of 18 to 24, 2 % of 25 to 39 and none from 40 on (research): what a higher
limit turned away would count against the 3 % of usable photographs that may be refused."""

# --- what a usable picture of a face is ------------------------------------------------------------------------------
FACE_SIZE: Final = 64.0
"""Pixels from between the eyes to the chin, which turning the head does not shorten: 36 between the eyes of a face seen
from the front. Down to 24 the scores of others stay as they are; the person's own fall with single pictures (research,
docs/gate.md)."""
APART: Final = 0.25
"""Mean distance of the mesh from the detector's five points, in sizes of the box. 197 real faces of at least 30 pixels
between the eyes: median 0.03, at most 0.11; the mesh of the face beside it would be 0.6 and more away."""
SHARPNESS: Final = 3.0
"""Grey levels; see `models.faces.Face`. Strong blur brings the cosine of a face with itself to 0.70 (research)."""
BRIGHTNESS: Final = (0.08, 0.93)
"""Mean luma of the face. At 35 % brightness the cosine with itself falls to 0.86 (research)."""
TURNED: Final = 40.0
"""Degrees of yaw or pitch beyond which half of the face is unseen."""

# --- the challenge ---------------------------------------------------------------------------------------------------
ACTIONS: Final = 4
"""Fewest actions in a challenge; those who can do less get more of them, until `ORDER_BITS` is reached."""
ORDER_BITS: Final = 7.0
"""Bits of the order of the actions alone: a blind guess is right once in 128 tries at the most."""
LIGHT_SLOTS: Final = 8
"""Colours shown in a row, of six, never the same twice running: 468,750 rows, 18.8 bits. (Six slots of four colours
let a wrong row correlate by chance in 0.8 % of the cases, these in 0.07 %; research.)"""
LIGHT_SECONDS: Final = 0.45
"""A colour stays at least so long, by the page's clock: at most 2.2 changes a second (WCAG 2.3.1: three flashes)."""
LIGHT_FRAMES: Final = 3
"""And so many frames: slow cameras get longer colours."""
LIGHT_LATE: Final = 3.0
"""Seconds after which a colour has lasted too long: then a screen is not what it is for. Slow machines need 1."""
LIGHT_STILL: Final = 12.0
"""Degrees from rest within which the head is held while the colours show."""
DOT_SECONDS: Final = 6.0
"""After so long another path than the drawn one is taken for it in 10 of 10,000 pairs (see `DOT_CORRELATION`)."""
DOT_SECONDS_ONE_WAY: Final = 12.0
"""For people who can move their head one way only: a line says less than a plane."""
DOT_FIELD: Final = (16.0, 10.0)
"""Degrees of the head to the side, and up or down, that put the nose on the edge of the dot's field."""
DOT_LEAP: Final = 0.7
"""Shortest way between two places, in half fields."""
DOT_SPEED: Final = 1.15
"""Mean speed, half fields a second: some 18 degrees of yaw; heads follow that with ease."""
DOT_AHEAD: Final = 0.5
"""Seconds of the path that the page knows beforehand, to draw it smoothly."""
START_JITTER: Final = (0.15, 0.5)
"""Seconds, uniform, between the return to neutral and the next prompt: a recording cannot know the moment."""
ACTION_SECONDS: Final = 8.0
"""Time for one action, by the page's clock; people take 1 to 3 (research)."""
ACTION_FRAMES: Final = 24
"""An action is not late before this many frames were seen: a slow machine is not a person who refuses."""
CHALLENGE_SECONDS: Final = 90.0
"""The whole check, by our own clock. A cooperative person needs 12 to 20."""
FAILURES: Final = 5
"""So many checks begun and not passed start a pause."""
FAILURE_SECONDS: Final = 180.0
"""Within so many seconds. (Amazon's check locks after five failures in three minutes; research.)"""
PAUSE_SECONDS: Final = 600.0
"""So long."""
MOST_CHECKS: Final = 15
"""Checks that may be begun within `MOST_SECONDS`, passed or not: the most guesses an hour."""
MOST_SECONDS: Final = 3600.0
"""See `MOST_CHECKS`."""
REACTION_SECONDS: Final = 0.12
"""Faster answers were not given by a person who saw the prompt."""
CLOCK_SLACK: Final = 2.0
"""Seconds by which the page's clock and ours may drift apart within one check."""
FRAME_GAP: Final = 1.5
"""Seconds without a frame after which the recording has a hole."""

# --- what counts as an action (against the person's own neutral second) -----------------------------------------------
TURN_DEGREES: Final = 16.0
"""Measured turn. The mesh shows 0.8 of the true one; parallax is clear from 20 true degrees on (research)."""
NOD_DEGREES: Final = 7.0
"""Genuine nods reach 7.7 degrees at the 2.5 % quantile; other movements stay under 5.8 at the 97.5 % (research).
Set to 7 after rendered nods were missed at 9: not independent of them."""
NOD_FRAMES: Final = 2
"""A nod is down and up again, at its depth for a fifth of a second."""
LEAN_IN: Final = 0.20
"""Growth of the distance between the eyes: from 50 centimetres to 42."""
EYES_CLOSED: Final = 0.60
"""Share of the person's own open-eye contour below which both eyes count as closed (closed 0.1 to 0.4; research).
Rendered people, ten frames each of 16 in normal and 34 in hard conditions: closed at most 0.60, the highest behind the
rims of angular glasses, small and in the dark; open and straight at least 0.94. At 0.55 these were told that their eyes
were open. Of the public clips with eyes of some size, 0.60 counts what is seen by eye, 0.55 two more
(docs/liveness-footage.md)."""
EYES_SECONDS: Final = 0.35
"""Held at least so long, and at least three frames: a spontaneous blink lasts 0.1 to 0.3 seconds."""
MOUTH_OPEN: Final = 0.15
"""Rise of inner-lip gap over mouth width; talking stays under 0.1 beyond neutral, asked openings reach 0.3 and more.
Of rendered people in hard conditions two with beards, far away, read 0.10 to 0.21 with the mouth wide open; at 0.18
they were refused (2 of 21 checks)."""
NEUTRAL_DEGREES: Final = 7.0
"""Back at rest: yaw and pitch this near to the neutral second."""
HOLD_FRAMES: Final = 3
"""Frames in a row an action or a rest is seen before it counts."""
HOLD_SECONDS: Final = 0.09
"""And at least so long, for cameras with many frames a second."""
REST_SECONDS: Final = 0.4
"""The neutral state is measured over at least so long."""

# --- liveness --------------------------------------------------------------------------------------------------------
LIVE_EYE_DISTANCE: Final = 54.0
"""Pixels between the eye centres (79 between the outer corners; 65 cm before a common webcam): flat pictures of smaller
faces read as relief (research: up to 0.058 at 44 to 65 px outer corners). Of 60 rendered people in hard conditions six
were refused for want of depth when this was 48, three of them with faces under 55."""
DEPTH_HEAD: Final = 0.25
"""Least depth. 59 rendered people (all skin tones, four lights, glasses, beards, 8 to 20 frames a second), 26 of them
never looked at before: two turns, a nod and mostly the dot 0.41 to 1.46, two turns alone 0.34 to 1.6. Of 32 people in
five pictures of each turn, one, whose smooth nose is lit from one side, 0.25 (0.30 in a whole check), the others 0.47
to 1.3. Prints, flat, bent or folded, and faces warped as a plane: -0.1 to 0.2; of 96 prints that were turned as far,
flat and round cylinders, none above 0.06. Real photographs, turned or bent: -0.05 to 0.05; six real movements from
public clips: 1.0 to 2.1, and two not to be followed. (Before rims and lips weighed less in `models.presentation.warp`;
since then 50 further sessions of development people in hard conditions: 47 passed, with 0.32 and more.)"""
DEPTH_SURE: Final = 0.12
"""What `depth` less its error must exceed: dark and noisy prints read up to 0.36, but with an error of 0.3."""
DEPTH_FLAT: Final = 0.20
"""What the flattest turn must reach with its error added."""
DEPTH_TREND: Final = 0.6
"""Heads 0.87 and more."""
DEPTH_ALIKE: Final = 0.40
"""Least median likeness: heads 0.47 and more."""
DEPTH_SAME: Final = 0.5
"""Least median likeness for saying that something is flat (pictures 0.55 to 0.97): a hand before the face is not."""
DEPTH_FRAMES: Final = 5
"""Least frames: a nod at 8 a second has so many."""
DEPTH_TURNS: Final = 2
"""Movements to the side that must have been measured, each, besides the pooled depth: one good turn hides nothing."""
DEPTH_NARROWING: Final = 0.60
"""Heads 0.63 and more; warps of a photograph with 45 % of its depth 0.37 to 0.59, prints 0.3 to 0.4. Set after
these."""
DEPTH_SOLID: Final = (0.93, 0.74)
"""Least `narrowing` times one plus the depth of the turns, and least of that times `narrowing` once more: who is
shallow must narrow as a head does, and the other way round. The first: photographs warped with 45 % of their depth, by
virtual cameras and on displays, 0.57 to 0.83 (of 32 people, and 27 attempts); heads 1.08 to 2.2 (32 people), in checks
1.00 and more (18, 8 of them hard). The second came after one test person's warps had passed the first (0.96 to
1.00; all test people of then belong to development now). It is the middle between 168 checks of living people, 73 of
them hard, 0.78 and more (two more failed otherwise, too), and 131 warped photographs, 0.70 at most."""
SAME_FACE: Final = 0.30
"""Cosine of every identity sample of the check with those of its first rest; single frames of one person go as low as
0.22 when turned (research), so this alone says little."""
SAME_FACE_MEAN: Final = 0.55
"""The same for the mean over each later rest, and over the colours or the dot: the gate's own limit. Of single
photographs it lets in none of 218,864 pairs (see `MATCH_COSINE`)."""
SAME_FACE_REST: Final = 0.70
"""The same for each frame that is kept of a rest, the head straight, eyes and mouth calm, camera and light as before.
Rendered people 0.94 and more; five public clips 0.80 and more, a sixth (tears, a hand before the face) 0.76
in 95 of 100 frames. Pairs of rendered people, who look more alike than real ones, reach it in 8 of 1000 cases; at 0.50,
where it was, in 270."""
SECOND_FACE_SHARE: Final = 0.35
"""Size of a second face, relative to the first, that is looked at; smaller ones are pictures in the background."""
SECOND_FACE_FRAMES: Final = 3
"""Frames in a row with a second face before the check stops (single ones are false alarms: 3 to 15 % in research)."""
PAINT_SECONDS: Final = 4.0
"""Seconds, by our clock, in which the page must have painted a prompt it was given; a screen needs 0.02 to 0.1."""
QUICK_PAINT_SECONDS: Final = 1.5
"""The same for colours and the dot, which nobody needs time to read: who paints late has time to make an answer."""
FACE_GAP: Final = 0.6
"""Longest time without a face while the colours or the dot show: what was not seen cannot have been right. At ten
frames a second with dropped frames 0.3."""
LOST_SECONDS: Final = 1.2
"""Seconds without a face after which the check stops."""
LEAST_FPS: Final = 4.0
"""Frames a second. With fewer, closed eyes and quick turns fall between them."""
LIGHT_GAIN: Final = 0.05
"""Log units. Below, the relief drowns in the camera's compression: unclear, not wrong. Rendered people of all tones
show 0.046 to 0.087 where the screen gives 6 % of the room's light, 0.085 and more from 12 % on."""
LIGHT_NOISE: Final = 0.15
"""Standard error of the relief beyond which it says nothing; bona fide 0.02 to 0.13 from 12 % on."""
LIGHT_CORRELATION: Final = 0.93
"""Bona fide at least 0.977 from 12 % of the room's light on, 0.948 at 3 %. Of 60 replays under other colours on a
reflecting display six came above, by its reflections alone: none of them had any relief."""
LIGHT_RELIEF: Final = 0.15
"""Bona fide at least 0.23 from 12 % of the room's light on (0.18 with a beard, by a window, half over-exposed), and of
12 more in hard and normal conditions 0.33; flat and bent prints, tints of everything and replays whose colours were
right reach 0.13 at most, tints of the face alone with a soft edge 0.08 (14; 0.18 before their edge was looked at). A
lamp beside the screen brings some people below it, to 0.10: these are asked for the dot."""
LIGHT_FLAT: Final = 0.08
"""What the relief with twice its error must reach to be unclear, not wrong: of those people one, 0.14; tints 0.07."""
LIGHT_SURE: Final = 3.0
"""Standard errors by which the relief must stand out from none."""
LIGHT_BACKGROUND: Final = 0.60
"""Bona fide at most 0.20 from 12 % on (0.33 at 6 %); a picture tinted as a whole has 1."""
DOT_CORRELATION: Final = 0.88
"""Of yaw with the path, and of pitch: 31 living checks 0.93 and more, another path than the drawn one 10 in 10,000."""
DOT_CORRELATION_ONE_WAY: Final = 0.93
"""For a dot that moves sideways only."""
DOT_GAIN: Final = (0.4, 1.8)
"""Of the head's angle over what puts the nose on the dot."""
DOT_LAG: Final = (-0.15, 0.85)
"""Seconds behind the dot. People follow by 0.15 to 0.5; the rest is the camera, and the frame that first saw it."""
SCREEN_MOIRE: Final = 3.5
"""Advice only; see `models.presentation.surface`. Rendered skin of five people in four lights shows 2.0 to 2.6."""
DUPLICATES: Final = 0.10
"""Share of frames that are, to the bit, an earlier one. A camera's noise makes them rare (0 in research); a stalled
or looped stream shows 0.5 and more."""
SAMPLE_SECONDS: Final = (0.3, 0.9)
"""Time to the next identity sample within the check, uniform and secret; every frame that is kept is compared besides.
"""

# --- matching in motion ----------------------------------------------------------------------------------------------
FRAME_COSINE: Final = 0.25
"""Floor of each single sample of a track, whose mean must reach `MATCH_COSINE`. Within one person's track single frames
go down to 0.22 to 0.42 (1st percentile), other people lie under 0.2 in the median (research)."""
FRAME_SECONDS: Final = (0.15, 0.35)
"""Time to the next sample of a track, uniform and secret: three to six a second."""
TRACK_SECONDS: Final = 1.0
"""For so long a sample counts: three to six of them."""
BLINK_SECONDS: Final = 20.0
"""Longest time before a mirror without a blink: people blink every 3 to 6 seconds, at a screen half as often."""

# --- how long things last --------------------------------------------------------------------------------------------
SESSION_SECONDS: Final = 30 * 60.0
"""Life of an enrolment."""
GRANT_SECONDS: Final = 120.0
"""Life of a grant."""
LIVE_SECONDS: Final = 60.0
"""Time between a passed check and its enrolment."""
RECEIPT_SECONDS: Final = 15 * 60.0
"""Time between agreeing and enrolling."""
REACH: Final = 0.9
"""Face sizes round the matched face within which an engine may change pixels (hair and the fade of a warp)."""
