"""What is said when somebody is told no, in Chinese (simplified characters): reason and remedy by code and case."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ZH: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # the agreement
        "not-adult": ("只有年满 18 岁的人才能使用。", "请确认你的年龄。"),
        "not-myself": ("你还没有说这是你本人。", "只能改变你自己的脸。"),
        "no-purpose": ("你还没有选择要做什么。", "请至少选择一项。"),
        "consent-stale": ("你是很久以前同意的。", "请再次表示同意。"),
        "receipt-elsewhere": ("这份回执是另一个安装给出的。", "请在那里撤回。"),
        "receipt-forged": ("这不是真的回执。", "请使用当初保存的文件，不要改动。"),
        "receipt-unknown": ("它有签名，但不是本版本能读的回执。", "请使用给出它的那个版本的程序。"),
        # the session
        "session-withdrawn": ("已经结束；关于你的一切都没有保留。", "请从摄像头检查重新开始。"),
        "session-expired": ("时间到了；关于你的一切都没有保留。", "请从摄像头检查重新开始。"),
        "session-ended": ("时间到了，关于你的一切都已清除。", "请再做一次摄像头检查，大约需要二十秒。"),
        "no-live-check": ("还没有人证明自己在这里。", "请先做第 2 步的摄像头检查。"),
        "withdrawn": ("你在检查时撤回了同意。", "如果想继续，请再次表示同意。"),
        "purpose-not-agreed": ("你没有同意这样做。", "如果愿意，请重新开始并选上它。"),
        "no-browser-session": ("打开本页时没有用它的链接。", "请再次打开那个链接。"),
        # the challenge, and how a recording ended
        "too-little-to-ask": (
            "检查需要能转动的头，以及能闭上的眼睛或能张开的嘴。",
            "如果可以，请多选几项。否则我们分不清人和照片或面具，不能继续。",
        ),
        "unfinished": ("检查没有做完。", "请再试一次。"),
        "check-too-slow": ("检查用了太长时间。", "请再试一次。"),
        "action-not-seen": ("没有及时看到这个动作：{asked}。", "请再试一次；动作做清楚，并保持一会儿。"),
        "wrong-action": ("做了别的动作，而不是：{asked}。", "请再试一次；等每一句提示出现再做。"),
        "answered-too-fast": ("回应得太快，人做不到这么快。", "请再试一次；等每一句提示出现再做。"),
        "face-lost": ("看不到脸了。", "请再试一次；留在椭圆里。"),
        "face-lost.hidden": ("在必须看到脸的时候，脸有一会儿看不见。", "请再试一次；留在椭圆里，脸前不要有东西。"),
        "second-face": ("画面里有第二张脸。", "请再试一次，摄像头前只能有你一个人。"),
        "frames-out-of-order": ("摄像头画面的顺序不对。", "请再试一次；如果又这样，请重新载入页面。"),
        "clock-mismatch": ("摄像头的时钟和我们的不一致。", "请再试一次；关闭其他使用摄像头的程序。"),
        "frames-missing": ("摄像头停了一会儿。", "请再试一次；关闭其他使用摄像头的程序。"),
        "page-stalled": ("页面没有显示要做的动作。", "请再试一次；如果又这样，请重新载入页面。"),
        "frames-mixed": ("摄像头画面不是一起的。", "请只用一个摄像头再试一次。"),
        # what a recording showed
        "camera-slow": (
            "摄像头或这台电脑每秒给出的画面太少。",
            "请开灯（光线暗时摄像头会变慢），关闭其他程序，然后再试。",
        ),
        "frames-repeated": ("摄像头一再给出同一个画面，像录像或卡住的摄像头。", "关闭其他使用摄像头的程序，然后再试。"),
        "face-changed": ("检查过程中脸变了样。", "请独自再试一次，光线要均匀；拿掉遮脸的东西。"),
        "looks-flat": (
            "摄像头前转动的东西看起来是平的，像一张脸的照片。",
            "如果你本人在这里，请再试一次，慢慢把头转得更多。",
        ),
        "looks-flat.screen": (
            "摄像头前转动的东西看起来是平的，像一张脸的照片。上面有屏幕的细纹。",
            "如果你本人在这里，请再试一次，慢慢把头转得更多。",
        ),
        "depth-unclear": ("看不清这是头还是照片。", "请再试一次：光线亮一些，靠近一些，转得慢一点。"),
        "light-wrong": (
            "彩色光没有像照在头上那样照在脸上。",
            "如果你本人在这里，请再试一次，不要让别的屏幕或窗户照着你的脸。",
        ),
        "light-wrong.screen": (
            "彩色光没有像照在头上那样照在脸上。上面有屏幕的细纹。",
            "如果你本人在这里，请再试一次，不要让别的屏幕或窗户照着你的脸。",
        ),
        "light-unclear": (
            "脸上的彩色光看不清楚。",
            "请让房间暗一些、屏幕亮一些，靠近一些，或者选不用彩色光的检查。",
        ),
        "dot-not-followed": (
            "头没有跟着点。",
            "请再试一次：圆圈表示鼻尖指的地方，让它留在点上，整个头都要动。",
        ),
        "too-few-frames": ("检查得到的清楚的脸部画面太少，或者彼此不一致。", "请在更好的光线下再做一次。"),
        # the person, and the face in a picture
        "looks-under-age": (
            "摄像头不能确定你是成年人，而这里从不改变孩子的脸。这只是粗略的估计，对 25 岁以下的人常常不准。",
            "如果你已满 18 岁，请再试一次：正面光线柔和均匀，不戴帽子，表情平静。",
        ),
        "looks-like-a-child": (
            "这张图片里的脸看起来像孩子。这里从不改变孩子的照片，包括你自己很久以前的。",
            "请用你成年后的照片；如果就是，请换一张光线更柔和的。",
        ),
        "no-face": ("这张图片里没有找到脸。", "请用一张能看清你的脸的图片。"),
        "several-faces": ("这张图片里有 {count} 张脸。", "请指出哪一张是你：从左到右编号。"),
        "no-such-face": ("这张图片里没有这个编号的脸。", "请选另一个。"),
        "face-turned-away": ("脸转得太偏，没有对着镜头。", "请用一张能看到双眼的图片。"),
        "face-turned-away.covered": ("脸量不出来：转过去了或被遮住了。", "请用一张能看到整张脸的图片。"),
        "face-unclear": ("看不清这张脸和旁边那张脸的界线。", "请用一张没有别人的脸挨着你的脸的图片。"),
        "face-too-small": (
            "脸太小，无法判断：从眼睛到下巴 {seen} 像素，需要 {needed} 像素。",
            "请用更近或更大的图片。",
        ),
        "face-too-dark": ("脸太暗，无法判断。", "请用光线更亮的图片。"),
        "face-too-bright": ("脸上的光太强。", "请用光线更弱的图片。"),
        "face-blurred": ("脸太模糊，无法判断。", "请用更清晰的图片。"),
        "not-you": (
            "这张脸和现场检查的人不一致。",
            "只能改变你自己的脸；如果就是你，请换一张更清晰或更近期的图片。",
        ),
        "other-world": ("演示人物和摄像头前的人不能混用。", "请用做现场检查的地方的图片。"),
        "bad-mark": ("这张图片的渲染标记不是真的。", "请原样使用渲染的图片。"),
        "forged": ("这不是本次使用中产生的。", "请从摄像头检查重新开始。"),
        "grant-stale": ("许可已经过期。", "请再次请求。"),
        "live-stale": ("现场检查已经是很久以前的了。", "请再做一次。"),
    }
)

VERDICTS_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ours": "这张图片是在这里制作并签名的，此后一点也没有改变。",
        "selfsame-elsewhere": "签名完好，上面说它由另一个 Selfsame 安装制作；谁都可以这样写，"
        "只有你认识签名者时才可以相信。",
        "someone-else": "签名完好，但那是别人的签名：这张图片不是在这里签名的。",
        "altered": "这个文件在签名后被改动或损坏：其中的记录都不可信。",
        "expired": "这个文件的签名证书已经过期，它的记录不再能证明什么。",
        "no-manifest": "这张图片没有签名的记录：从来没有，或者被去掉了。",
        "not-a-picture": "这不是可以核验的图片。",
        "withdrawn": "同意已于 {date} 撤回。",
    }
)
