"""The words of films on the Play page, one table a language; they are part of the tables of `app.studio.strings`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "film_title": "A film of you",
        "film_text": "Drop a film of yourself here, or press to choose one",
        "film_kinds": "MP4 or MOV, up to 256 MB",
        "film_too_large": "That film is too large. The limit is 256 MB.",
        "film_off": "You did not agree to videos. You can change this in step 1.",
        "film_size": "{width} x {height}, {time} minutes, {frames} frames",
        "film_make": "Change the film",
        "film_making": "Changing your film",
        "film_begins": "Looking at the first frames",
        "film_share": "{percent} % done",
        "film_share_left": "{percent} % done, about {time} minutes left",
        "film_stop": "Stop",
        "film_made": "Your film is ready",
        "film_changed": "{changed} of {frames} frames were changed.",
        "film_left": " Left as they were: {why}.",
        "film_comma": ", ",
        "film_left_not-you": "not you",
        "film_left_no-face": "no face",
        "film_left_face-turned-away": "turned away",
        "film_left_face-too-small": "too small",
        "film_left_face-too-dark": "too dark",
        "film_left_face-blurred": "blurred",
        "film_left_face-covered": "covered",
        "film_left_other": "something else",
    }
)

ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "film_title": "你的影片",
        "film_text": "把你自己的影片拖到这里，或点击选择",
        "film_kinds": "MP4 或 MOV，最大 256 MB",
        "film_too_large": "影片太大。上限是 256 MB。",
        "film_off": "你没有同意处理视频。可以在第 1 步更改。",
        "film_size": "{width} x {height}，{time} 分钟，{frames} 帧",
        "film_make": "改变这部影片",
        "film_making": "正在改变你的影片",
        "film_begins": "正在看最前面的几帧",
        "film_share": "已完成 {percent}%",
        "film_share_left": "已完成 {percent}%，大约还要 {time} 分钟",
        "film_stop": "停止",
        "film_made": "影片做好了",
        "film_changed": "{frames} 帧中改变了 {changed} 帧。",
        "film_left": "保持原样的：{why}。",
        "film_comma": "，",
        "film_left_not-you": "不是你",
        "film_left_no-face": "没有脸",
        "film_left_face-turned-away": "转开了",
        "film_left_face-too-small": "太小",
        "film_left_face-too-dark": "太暗",
        "film_left_face-blurred": "模糊",
        "film_left_face-covered": "被遮住",
        "film_left_other": "其他原因",
    }
)
