"""The frameworks and uploaders that sites are built with: what a person does on their pages."""

from __future__ import annotations

from tests.browser.upload_paths import INPUT, ZONE, Act, UploadPath, drop_on, paste, pick


def element(selector: str) -> str:
    return f"document.querySelector('{selector}')"


def upload_paths_of(name: str, button: str, zone: str, *, pastes: bool = False) -> list[UploadPath]:
    acts: dict[str, Act] = {"choose": pick(button), "drop": drop_on(zone)}
    if pastes:
        acts["paste"] = paste
    page = f"with-{name.lower()}"
    return [
        UploadPath(f"{name}, {kind}", page, act, clipboard=kind == "paste")
        for kind, act in acts.items()
    ]


UPLOADERS: tuple[UploadPath, ...] = (
    *upload_paths_of("React", INPUT, ZONE, pastes=True),
    *upload_paths_of("Vue", INPUT, ZONE, pastes=True),
    *upload_paths_of("Dropzone", ZONE, ZONE),
    *upload_paths_of(
        "Uppy", element(".uppy-Dashboard-browse"), element(".uppy-Dashboard-AddFiles")
    ),
    *upload_paths_of(
        "FilePond", element(".filepond--label-action"), element(".filepond--drop-label")
    ),
)

READY = {
    "with-react": INPUT,
    "with-vue": INPUT,
    "with-dropzone": element(".dz-hidden-input"),
    "with-uppy": element(".uppy-Dashboard-browse"),
    "with-filepond": element('.filepond--drop-label[style*="opacity: 1"]'),
}
"""What is there when a page has settled."""
