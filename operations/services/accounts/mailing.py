"""Letters about accounts."""

from django.core.mail import EmailMessage


def send(*, subject: str, body: str, to: list[str]) -> None:
    """Send one now; smtplib's own errors are OSErrors too."""
    EmailMessage(subject, body, to=to).send()
