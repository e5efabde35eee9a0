"""Django's own makemessages, that also finds what the data files say of settings."""

import tomllib
from pathlib import Path

from django.core.management.commands import makemessages


class BuildFile(makemessages.BuildFile):
    """A file to be searched; of a data file, the sentences alone."""

    def preprocess(self) -> None:
        """Write what the search is to see."""
        if self.translatable.file.endswith(".toml"):
            Path(self.work_path).write_text(_sentences(Path(self.path)), encoding="utf-8")
        else:
            super().preprocess()


class Command(makemessages.Command):
    """Collects the sentences of templates, code, scripts and operations/known_settings."""

    build_file_class = BuildFile

    def handle(self, *args: object, **options: object) -> None:
        """Look into data files too."""
        if options["domain"] == "django":
            options["extensions"] = options["extensions"] or ["html", "txt", "py", "toml"]
        else:
            options["ignore_patterns"] = ["static/vendor/*", *options["ignore_patterns"]]  # type: ignore[misc]
        options["no_location"] = True  # lines move with every change
        super().handle(*args, **options)


def _sentences(path: Path) -> str:
    groups = tomllib.loads(path.read_text(encoding="utf-8")).get("group", [])
    return "\n".join(
        f"_({about['is']!r})"
        for group in groups
        for about in group["settings"].values()
        if "is" in about
    )
