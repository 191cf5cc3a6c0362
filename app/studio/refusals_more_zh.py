"""More of what is said in Chinese (simplified characters): files that cannot be read, and what can break.

By the code alone: each of these is said in one way, whatever more the English sentence names.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN: Final = "请重新复制或保存这张图片，或换一张。"
_REPORT: Final = "什么都没有写出。请再试一次；如果又这样，请报告这个问题。"
_DOCTOR: Final = "请运行 selfsame doctor；如果它没有发现问题，请报告。"
_MEND: Final = "请腾出一些空间，或修好这个文件夹的权限，然后再试。"
_KEY: Final = "请运行 selfsame key，它会说明怎么办。"
_SETUP: Final = "请重新安装 selfsame，或在源码目录里运行 make setup。"

ZH_MORE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no-demo-person": ("这里没有演示人物。", "请使用程序的源码目录，或使用摄像头。"),
        # a file that is no picture
        "not-a-picture": ("这不是能读的图片。", "请使用 JPEG、PNG 或 WebP 图片。"),
        "broken-picture": ("图片文件已损坏或不完整。", _AGAIN),
        "moving-picture": ("这个文件是动画，不是单张图片。", "请把其中一帧存成图片再用。"),
        "unsupported-picture": ("这种文件在这里不能读取。", "请导出为 JPEG、PNG 或 WebP。"),
        "picture-too-small": ("图片太小。", "请使用更大的图片。"),
        "picture-too-large": ("图片太大。", "请把图片缩小后再试。"),
        "picture-too-small-to-label": ("图片太小，放不下看得清的标签。", "请使用更大的图片。"),
        # what a page or a program asks
        "bad-option": ("这个选项的值不能用。", "请选择范围之内的值。"),
        "wrong-purpose": ("这个许可是为别的事给的。", "请为你要做的事再次请求。"),
        "bad-output": ("做出来的图片尺寸不对。", "什么都没有保存。请报告这个问题。"),
        "choice-unreadable": ("页面没有说你选了哪一种检查。", "请重新载入页面再试。"),
        "check-too-long": ("检查用了太长时间。", "请再试一次。"),
        "nobody-came": ("没有人做摄像头检查。", "你在场时请再次运行这个命令。"),
        "picture-undecided": ("有一张图片没有被判断过。", "请重新载入页面再试。"),
        "no-renderer": ("安装的程序包里没有演示人物。", "请在源码目录里运行。"),
        # what is learnt of a face
        "too-few-own-frames": ("能看清整张脸的画面太少。", "请添加更多照片，或不要遮住脸，再做一次摄像头检查。"),
        "too-few-frames-to-train": (
            "画面太少，训练不了网络：每种样子至少需要 20 帧。",
            "请添加更多照片，或一段你自己的影片。",
        ),
        "one-pose": ("所有画面都是同一个角度、同一种表情。", "请添加你转头、说话的画面。"),
        "stops-matching": ("从某一帧起就看不到你的脸了，后面的没有采用。", "如果那是你，请用另一段光线更好的影片。"),
        "nothing-to-learn": ("没有可以学习的图片。", "请至少添加一张。"),
        "too-much-to-learn": ("这些图片占用的内存超过 1 GB。", "请减少图片，或用小一些的。"),
        "model-forgotten": ("从你的脸学到的已经删除了。", "请重新学习。"),
        "model-not-ready": ("还没有从你的脸学到什么。", "请稍等。"),
        "memory-full": ("这台电脑的内存不够训练。", "请关闭其他程序，或少用一些画面。"),
        "training-broken": ("训练出错了，学到的已经删除。", "请重新开始；如果又这样，请报告。"),
        "previews-broke": ("程序出错了。什么都没有做出来。", _DOCTOR),
        # what can break
        "film-broke": ("程序出错了。什么都没有做出来。", _DOCTOR),
        "stamp-not-sound": ("成品没有通过自己的检查。", _REPORT),
        "not-signed": ("图片无法签名。", _REPORT),
        "not-encoded": ("影片无法写出。", _REPORT),
        "bad-drafts": ("影片的帧数不对。", _REPORT),
        "bad-facts": ("关于这张图片的说明不对。", _REPORT),
        "bad-pixels": ("图片的像素不对。", _REPORT),
        "bad-format": ("这种格式不能写出。", "请使用 JPEG、PNG 或 WebP。"),
        "bad-quality": ("图片质量的值不能用。", "请选 1 到 100。"),
        "no-such-label": ("标签缺少这句话。", _REPORT),
        "cannot-write": ("文件无法写出。", _MEND),
        "home-not-usable": ("程序的文件夹不能用。", _DOCTOR),
        "log-broken": ("决定的记录被动过或已损坏。", "请运行 selfsame log --verify，它会说明是哪一行。"),
        "log-unusable": ("决定的记录不能用。", _MEND),
        "not-for-the-log": ("记录里出现了不该有的内容。", _REPORT),
        "registry-unusable": ("成品的清单不能用。", _MEND),
        "receipt-key-broken": ("签回执的密钥不能用。", "请把它移开；程序会做一个新的。"),
        "key-file-broken": ("签名的密钥读不出来。", _KEY),
        "key-file-mismatched": ("签名的密钥和证书不配套。", _KEY),
        "key-missing": ("签名的密钥不在系统的钥匙串里了。", _KEY),
        "key-out-of-reach": ("签名的密钥在系统的钥匙串里，现在取不到。", "请解锁钥匙串，然后再试。"),
        "keyring-unusable": ("系统的钥匙串不能用。", "请解锁它，然后再试。"),
        "certificate-expired": ("签名的证书已经过期。", _KEY),
        "certificate-not-yet-valid": ("签名的证书还没有生效。", "请把这台电脑的时钟调准。"),
        "weights-missing": ("缺少一个模型文件。", _SETUP),
        "weights-altered": ("有一个模型文件不是本版本用的那个。", _SETUP),
        "model-wrong": ("一个模型在这台电脑上算得不对。", _DOCTOR),
        "not-started": ("本地服务没有启动。", "请运行 selfsame doctor。"),
    }
)
