"""The studio's page: three steps, one after the other; Verify for anybody; and what is here about you."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import gradio as gr

from app.studio import films, lessons, mirror, pictures, preview
from app.studio.agree import build_agree
from app.studio.cards import card
from app.studio.data import build_data
from app.studio.head import HEAD, Headed
from app.studio.play import build_play
from app.studio.prove import build_prove
from app.studio.strings import CHOSEN, TABLES, say
from app.studio.tools import EVENTS_JS, Parts, html, session_pill
from app.studio.verify import build_verify

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.studio.desk import Desk
    from app.studio.sessions import Visitor

STEPS: Final = {"agree": build_agree, "prove": build_prove, "play": build_play, "verify": build_verify}
SYSTEM: Final = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"]


def theme() -> gr.themes.Base:
    """Calm colours, the system's own fonts, nothing from the network."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="slate",
        radius_size="lg",
        text_size="md",
        font=SYSTEM,
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
    ).set(
        color_accent="*primary_700",
        color_accent_soft="*primary_50",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_label_text_color="*neutral_700",
        block_title_text_color="*neutral_700",
        block_border_width="0px",
        block_shadow="none",
        slider_color="*primary_700",
        slider_color_dark="*primary_300",
        checkbox_background_color_selected="*primary_700",
        checkbox_border_color_selected="*primary_700",
    )


def build(desk: Desk, words: gr.I18n) -> gr.Blocks:
    """The page as gradio blocks."""
    with gr.Blocks(title=say("title"), analytics_enabled=False, elem_id="studio") as page:
        parts = Parts(desk=desk, words=words)
        with gr.Row(elem_id="head"):
            parts.show(html(elem_id="brand"), _brand)
            parts.show(html(elem_id="language"), _switch)
            session = html(elem_id="session", js_on_load=EVENTS_JS)
            parts.show(session, lambda visitor: session_pill(visitor, desk.store.clock()))
            withdraw = gr.Button(words("withdraw"), elem_id="withdraw", visible=False, size="sm", scale=0, min_width=0)
            parts.show(withdraw, lambda visitor: gr.Button(visible=visitor.receipt is not None))
        parts.on(session.studio, lambda _: None)
        parts.on(withdraw.click, lambda visitor: withdrawn(desk, visitor), place="gone", failed="agree")
        with gr.Tabs(elem_id="steps") as tabs:
            for step, fill in STEPS.items():
                with gr.Tab(words(f"step_{step}"), id=step, elem_id=f"step-{step}"):
                    fill(parts)
            with gr.Tab(words("step_data"), id="data", elem_id="step-data") as place:
                build_data(parts, place, lambda visitor: withdrawn(desk, visitor))
        parts.wire(page, tabs)
    page.queue(max_size=16, default_concurrency_limit=4, api_open=False)
    return page


def _brand(visitor: Visitor) -> str:
    language = visitor.language
    return f"<h1>{escape(say('title', language))}</h1><p>{escape(say('motto', language))}</p>"


def _switch(visitor: Visitor) -> str:
    """The button to the other language; `studio.js` keeps the choice in a cookie and opens the page again."""
    tag, name = say("language_other_tag", visitor.language), say("language_other", visitor.language)
    return f'<button type="button" lang="{tag}" data-language="{tag}" data-cookie="{CHOSEN}">{escape(name)}</button>'


def withdrawn(desk: Desk, visitor: Visitor) -> str:
    """The button that ends everything."""
    desk.withdraw(visitor)
    visitor.notes["gone"] = card("yes", say("withdrawn_title", visitor.language), say("withdrawn", visitor.language))
    return "agree"


def mount(api: FastAPI, desk: Desk) -> None:
    """Put the studio at `/`."""
    words = gr.I18n(**{language: dict(table) for language, table in TABLES.items()})
    api.add_middleware(Headed)
    api.include_router(pictures.routes(desk))
    api.include_router(preview.routes(desk))
    api.include_router(mirror.routes(desk))
    api.include_router(films.routes(desk))
    api.include_router(lessons.routes(desk))
    gr.mount_gradio_app(
        api,
        build(desk, words),
        path="/",
        server_name="127.0.0.1",
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        enable_monitoring=False,
        pwa=False,
        ssr_mode=False,
        mcp_server=False,
        i18n=words,
        theme=theme(),
        head=HEAD,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )
