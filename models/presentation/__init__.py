"""Presentation attack detection (ISO/IEC 30107-3): what pixels show of who or what is before the camera, as numbers.

    depth    do nose and cheeks move against each other as the head turns?     (`warp` lays one frame over another)
    light    does coloured light fall on the face as on a head?                (`skin` reads the colours of a frame)
    pursuit  does the nose follow a dot?
    surface  does the picture have the fine pattern of a screen?
    sameness is it one person throughout?

`track` follows the face, `motion` compares it with its rest, `best` keeps the best frames, and `series` picks out of a
recording what each measurement needs. Nothing here knows a limit: `consent.liveness` judges.
"""
