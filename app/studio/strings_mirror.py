"""The words of the mirror, one table a language; they are part of the tables of `app.studio.strings`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mirror_title": "Mirror",
        "mirror_text": "See yourself changed, live. For anybody else it stays blank.",
        "mirror_start": "Open the mirror",
        "mirror_off": "You did not agree to the mirror. You can change this in step 1.",
        "mirror_picture": "You, changed, live",
        "mirror_asking": "Please allow the camera",
        "mirror_waiting": "Looking for you",
        "mirror_snap": "Take a picture",
        "mirror_record": "Record",
        "mirror_finish": "Stop and make the film",
        "mirror_close": "Close the mirror",
        "mirror_left": "Recording: {seconds} s left",
        "mirror_taken": "Pictures you took",
        "mirror_one": "Download picture {number}",
        "mirror_took": "Picture {number} is taken.",
        "mirror_making": "Making your film",
        "mirror_share": "{percent} % done",
        "mirror_share_left": "{percent} % done, about {seconds} s left",
        "mirror_cancel": "Cancel",
        "mirror_made": "Your film is ready.",
        "mirror_note": "Each picture is labelled, marked and signed before you see it. Nothing is kept unless you take "
        "it.",
        "mirror_rate": "{rate} pictures a second",
        "no_mirror_hidden_reason": "The page was hidden, so the mirror was closed.",
        "no_mirror_hidden_remedy": "Keep it in front, and open the mirror again.",
        "no_mirror_closed_reason": "The mirror was closed.",
        "no_mirror_closed_remedy": "Open it again if you want to go on.",
    }
)

ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mirror_title": "镜子",
        "mirror_text": "实时看改变后的自己。换了别人，画面就是空白。",
        "mirror_start": "打开镜子",
        "mirror_off": "你没有同意使用镜子。可以在第 1 步更改。",
        "mirror_picture": "实时改变后的你",
        "mirror_asking": "请允许使用摄像头",
        "mirror_waiting": "正在找你",
        "mirror_snap": "拍一张",
        "mirror_record": "录像",
        "mirror_finish": "停止并制作影片",
        "mirror_close": "关闭镜子",
        "mirror_left": "正在录像：还剩 {seconds} 秒",
        "mirror_taken": "你拍的照片",
        "mirror_one": "下载照片 {number}",
        "mirror_took": "已拍下照片 {number}。",
        "mirror_making": "正在制作影片",
        "mirror_share": "已完成 {percent}%",
        "mirror_share_left": "已完成 {percent}%，大约还要 {seconds} 秒",
        "mirror_cancel": "取消",
        "mirror_made": "影片做好了。",
        "mirror_note": "每一幅画面在你看到之前都已加上标签、隐形水印和签名。你不拍下来，就什么都不保存。",
        "mirror_rate": "每秒 {rate} 幅",
        "no_mirror_hidden_reason": "页面被隐藏，所以镜子关闭了。",
        "no_mirror_hidden_remedy": "请让页面保持在前面，再打开镜子。",
        "no_mirror_closed_reason": "镜子已关闭。",
        "no_mirror_closed_remedy": "想继续的话，请再打开它。",
    }
)
