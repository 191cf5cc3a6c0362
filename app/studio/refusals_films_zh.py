"""What is said of films in Chinese (simplified): why one cannot be read or changed, by code, and what of it is lost."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPORT: Final = "请导出为普通的 MP4（H.264，AAC 声音，最大 4K，最长一小时）再试。"
_AGAIN: Final = "请重新复制或导出这部影片，或换一部。"

ZH_FILMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "not-a-film": ("这不是 MP4 或 MOV 影片。", _EXPORT),
        "film-too-large": ("影片太大，或它的文件头要求得太多。", _EXPORT),
        "film-too-long": ("影片超过一小时，或帧数太多。", _EXPORT),
        "film-too-fast": ("影片每秒超过 120 帧。", _EXPORT),
        "film-too-small": ("影片的每一边至少要有 128 像素。", "请换一部尺寸不同的影片。"),
        "film-cut-short": ("影片不完整：缺少结尾。", _AGAIN),
        "film-in-pieces": ("影片文件分成了太多块，无法读取。", _EXPORT),
        "broken-film": ("影片已损坏：不能全部读出。", _AGAIN),
        "no-video": ("这个文件里没有能读的视频。", "请使用有画面的影片。"),
        "empty-film": ("这部影片里一帧也没有。", "请使用有画面的影片。"),
        "several-videos": ("这个文件里有几个视频。", "请导出你要的那一个。"),
        "unsupported-film": ("影片的压缩或旋转方式在这里不能读取。", _EXPORT),
        "unsupported-sound": ("影片的声音不能原样放进 MP4。", "请用 AAC 声音导出后再试。"),
        "encrypted-film": ("影片是加密的。", "请使用你自己的、没有保护的影片。"),
        "interlaced-film": ("影片是隔行扫描的。", "请导出为逐行扫描。"),
        "nothing-changed": ("这部影片里没有一帧的脸被改变。", "请使用能清楚看到你的影片。"),
        "stopped": ("影片已停止；什么都没有保留。", "需要的话请重新开始。"),
        "no-film": ("没有可以改变的影片。", "请先把影片拖到框里。"),
        "film-outlasts-session": (
            "这部影片做完之前，会话就会结束。",
            "请使用更短或更小的影片，或在终端里用 selfsame 命令：它会分几次会话做完长影片。",
        ),
        "camera-order": ("摄像头的画面没有按拍摄的顺序到达。", "请重新开始。"),
        "camera-size": ("摄像头画面的尺寸不常见。", "请在浏览器的地址栏里选择另一个摄像头。"),
        "frame-too-large": ("一帧摄像头画面大得不合常理。", "请重新开始。"),
        "frame-unreadable": ("页面发来的内容无法读取。", "请重新加载页面。"),
        "no-encoder": ("这台电脑上缺少 H.264 编码器，不能写出影片。", "请重新安装 PyAV。"),
    }
)

_NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "It is an HDR film: its picture becomes an ordinary one, in which bright lights are plain white.": (
            "这是 HDR 影片：画面会变成普通影片，其中的强光变为纯白。"
        ),
        "Its colours are shown as BT.709.": "颜色按 BT.709 显示。",
        "left out": "略去 {count} 条轨道：只保留画面和声音。",
    }
)
_LEFT_OUT: Final = re.compile(r"(\d+) tracks? (?:is|are) left out: only picture and sound are kept\.")


def noted(note: str, language: str) -> str:
    """A note of `app.film.Film` in the language of the page."""
    if language != "zh":
        return note
    left_out = _LEFT_OUT.fullmatch(note)
    return _NOTES["left out"].format(count=left_out[1]) if left_out else _NOTES.get(note, note)
