"""Set network profile: SetNetworkProfile (2.0.1 B09)."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import REJECTED, Outcome, Params, Payload, Target, TargetKind
from operations.commands.locations import LocationField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus
from operations.versions import V21

DATA = "connectionData"
INTERFACES = [
    (f"{kind}{number}", format_lazy("{} {}", label, number))
    for kind, label in (("Wired", gettext_lazy("Wired")), ("Wireless", gettext_lazy("Wireless")))
    for number in range(4)
]
VERSIONS = (("OCPP20", "OCPP 2.0.1"), ("OCPP16", "OCPP 1.6"))
V21_VERSIONS = (("OCPP21", "OCPP 2.1"), ("OCPP201", "OCPP 2.0.1"), ("OCPP16", "OCPP 1.6"))
AUTHENTICATIONS = [(name, name) for name in ("AUTO", "CHAP", "PAP", "NONE")]


class SetNetworkProfileForm(WireForm):
    """Where the station is to connect to, and over which line."""

    action = "SetNetworkProfile"
    wire = {
        "slot": "configurationSlot",
        "url": f"{DATA}.ocppCsmsUrl",
        "version": f"{DATA}.ocppVersion",
        "interface": f"{DATA}.ocppInterface",
        "security_profile": f"{DATA}.securityProfile",
        "timeout_s": f"{DATA}.messageTimeout",
        "identity": f"{DATA}.identity",
        "password": f"{DATA}.basicAuthPassword",
    }
    # Beside them: what concerns mobile networks, an object of its own.
    apn_wire = {
        "apn": "apn",
        "apn_user": "apnUserName",
        "apn_password": "apnPassword",
        "apn_authentication": "apnAuthentication",
    }
    more = ("timeout_s", "identity", "password", *apn_wire)
    choices = {"version": {"v201": VERSIONS, "v21": V21_VERSIONS}}

    slot = forms.IntegerField(
        label=gettext_lazy("Slot"),
        min_value=0,
        max_value=1000,
        initial=1,
        help_text=gettext_lazy("Which of the station's profiles is written."),
    )
    url = LocationField(label=gettext_lazy("Central system's URL"), schemes=("ws", "wss"))
    version = forms.ChoiceField(label=gettext_lazy("OCPP version"))
    interface = forms.ChoiceField(label=gettext_lazy("Line"), choices=INTERFACES)
    security_profile = forms.TypedChoiceField(
        label=gettext_lazy("Security profile"),
        coerce=int,
        choices=[
            (1, gettext_lazy("1: password, without TLS")),
            (2, gettext_lazy("2: TLS and password")),
            (3, gettext_lazy("3: TLS with the station's certificate")),
        ],
        initial=2,
    )
    timeout_s = forms.IntegerField(
        label=gettext_lazy("Message timeout (seconds)"), min_value=1, max_value=3600, initial=30
    )
    identity = forms.CharField(label=gettext_lazy("Identity"), max_length=48, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=64,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    apn = forms.CharField(label=gettext_lazy("APN"), max_length=512, required=False)
    apn_user = forms.CharField(label=gettext_lazy("APN user"), max_length=20, required=False)
    apn_password = forms.CharField(
        label=gettext_lazy("APN password"),
        max_length=20,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    apn_authentication = forms.ChoiceField(
        label=gettext_lazy("APN authentication"), choices=AUTHENTICATIONS, required=False
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        if target.station.version is not V21:
            # OCPP 2.0.1 has no place for them.
            del self.fields["identity"], self.fields["password"]

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """An access point makes it one for mobile networks."""
        payload = super().payload(target, params)
        payload.setdefault(DATA, {})["ocppTransport"] = "JSON"
        if params.get("apn"):
            given = {key: params.get(name) for name, key in cls.apn_wire.items()}
            apn = {key: value for key, value in given.items() if value}
            payload[DATA]["apn"] = {"apnAuthentication": "AUTO", **apn}
        return payload


class SetNetworkProfile(PlainCommand):
    """Writes where and how the station connects; it counts once its priority says so."""

    slug = "set-network-profile"
    label = gettext_lazy("Set network profile")
    icon = "network-wired"
    group = groups.NETWORK
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SetNetworkProfileForm
    sentence = gettext_lazy("Set a network profile of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "Failed": Outcome(
            RunStatus.FAILED, gettext_lazy("The station could not keep the profile.")
        ),
    }
    request_v201 = PlainCommand.ask

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What a slip may cost."""
        return (_("A wrong profile may leave the station without a connection once it uses it."),)
