"""The words of the personal model, one table a language; they are part of the tables of `app.studio.strings`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "personal_title": "A model of your face",
        "personal_text": "Learnt here from your own frames, drawn on your own pictures, gone with the session.",
        "personal_off": "You did not agree to this. You can change it in step 1: it needs the model, and the swap.",
        "personal_now": "Your look to draw",
        "personal_now_text": "That of the camera check; add photos or films",
        "personal_then": "The look of the pictures to change",
        "personal_then_text": "Only a network needs these: at least {least} frames, best from a film",
        "personal_kinds": "JPEG, PNG, WebP, MP4 or MOV, up to 256 MB",
        "personal_too_large": "That file is too large. The limit is 256 MB.",
        "personal_frames": "Frames of you: {count}.",
        "personal_left": " Left out: {why}.",
        "personal_empty": "Take these away",
        "personal_learn": "Learn in seconds",
        "personal_or": "Or train a network for some minutes",
        "personal_train_light": "Light, the one to use",
        "personal_train_gan": "With a critic, as in 2018",
        "personal_train_original64": "As in 2017: it takes days",
        "personal_learnt": "Your model is ready",
        "personal_learnt_from": "Learnt from {count} frames.",
        "personal_learnt_left": "Learnt from {count} frames; {left} were left out: something covers the face.",
        "personal_draw": "Draw it on my picture",
        "personal_draw_text": "Put a picture of yourself on the table above first.",
        "personal_pause": "Pause",
        "personal_resume": "Go on",
        "personal_stop": "It is good enough",
        "personal_forget": "Forget it",
        "personal_running": "Training for {time} minutes, {steps} steps",
        "personal_paused": "Paused after {time} minutes, {steps} steps",
        "personal_stopped": "Trained for {time} minutes, {steps} steps",
        "personal_failed": "The training ended",
        "personal_forgotten": "Forgotten",
        "personal_curves": "How wrong it still is, over time",
        "personal_shown": "What it draws so far",
        "personal_loss_mae": "Mean error",
        "personal_loss_dssim": "Structure (DSSIM)",
        "personal_loss_mask": "Mask",
        "personal_loss_adversarial": "Adversarial",
        "personal_loss_perceptual": "Perceptual",
    }
)

ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "personal_title": "你的人脸模型",
        "personal_text": "在这里从你自己的画面学习，画到你自己的照片上，会话结束就消失。",
        "personal_off": "你没有同意这一项。可以在第 1 步更改：需要同意学习模型和换脸。",
        "personal_now": "要画出来的样子",
        "personal_now_text": "默认是摄像头检查时的样子；也可以添加照片或影片",
        "personal_then": "要改变的照片里的样子",
        "personal_then_text": "只有训练网络才需要：至少 {least} 帧，最好来自一段影片",
        "personal_kinds": "JPEG、PNG、WebP、MP4 或 MOV，最大 256 MB",
        "personal_too_large": "文件太大。上限是 256 MB。",
        "personal_frames": "{count} 帧是你。",
        "personal_left": "没有采用的：{why}。",
        "personal_empty": "全部拿走",
        "personal_learn": "几秒钟学会",
        "personal_or": "或者用几分钟训练一个网络",
        "personal_train_light": "轻量网络，推荐",
        "personal_train_gan": "带判别器，2018 年的做法",
        "personal_train_original64": "2017 年的做法：要好几天",
        "personal_learnt": "你的模型准备好了",
        "personal_learnt_from": "从 {count} 帧学到。",
        "personal_learnt_left": "从 {count} 帧学到；{left} 帧没有采用：脸被遮住了。",
        "personal_draw": "画到我的照片上",
        "personal_draw_text": "请先在上面放一张你自己的照片。",
        "personal_pause": "暂停",
        "personal_resume": "继续",
        "personal_stop": "已经够好了",
        "personal_forget": "忘掉它",
        "personal_running": "已训练 {time} 分钟，{steps} 步",
        "personal_paused": "暂停中：{time} 分钟，{steps} 步",
        "personal_stopped": "训练了 {time} 分钟，{steps} 步",
        "personal_failed": "训练结束了",
        "personal_forgotten": "已忘掉",
        "personal_curves": "误差随时间的变化",
        "personal_shown": "目前画出来的样子",
        "personal_loss_mae": "平均误差",
        "personal_loss_dssim": "结构（DSSIM）",
        "personal_loss_mask": "遮罩",
        "personal_loss_adversarial": "对抗",
        "personal_loss_perceptual": "感知",
    }
)
