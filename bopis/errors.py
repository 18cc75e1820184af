"""The refusals of the domain: what every door turns into one answer with a stable code."""

from typing import ClassVar


class DomainError(Exception):
    """
    A step that the rules refuse; nothing was changed.

    :ivar code: stable, kebab-case; clients may branch on it, the text may change.
    :ivar status: the HTTP status a door answers with.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, detail: str, **extra: object) -> None:
        """Keep the sentence for people, and JSON-able facts for programs; neither is personal."""
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFoundError(DomainError):
    """There is no such thing, or none that the caller may see."""

    code = "not-found"
    status = 404


class InvalidError(DomainError):
    """Well-formed, but with values that cannot be accepted."""

    code = "invalid"
    status = 422


class ForbiddenError(DomainError):
    """The caller is known, and may not do this."""

    code = "forbidden"
    status = 403


class TransitionError(DomainError):
    """A state machine has no such step; the detail names the state and the attempt."""

    code = "invalid-transition"
    status = 409
