"""`smsroi plan NEW_CAMPAIGN ...` beside `smsroi plan links ...`: one command with two faces."""

from typing import Any

from typer.core import TyperGroup

from smsroi_models.errors import ParameterError

PLAN = "campaign"
"""The command that is meant where the first word is no command."""


class CampaignFirst(TyperGroup):
    """A group whose first word may be a campaign's id, which then is to be planned."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name before a campaign's id or an option of it.

        Raises
        ------
        ParameterError
            If a campaign to be planned is called as a command is.
        """
        first = args[0] if args else "--help"
        if first in self.commands:
            _refuse_namesake(first, args)
        elif first != "--help":
            args = [PLAN, *args]
        return super().parse_args(ctx, args)


def _refuse_namesake(first: str, args: list[str]) -> None:
    windowed = any(word.split("=")[0] == "--window-days" for word in args)
    named = first == PLAN and len(args) > 1 and not args[1].startswith("-")
    if windowed and not named:
        raise ParameterError(
            f"`smsroi plan {first}` is a command of its own. To plan a campaign that is called "
            f"{first!r}, write `smsroi plan {PLAN} {first} ...`, or better give it another name"
        )
