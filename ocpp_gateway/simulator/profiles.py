"""Makes and models a simulated fleet is mixed from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """What a station says it is; `layout` holds the number of connectors of each charger."""

    vendor: str
    model: str
    firmwares: tuple[str, ...]
    layout: tuple[int, ...] = (1,)
    power_w: float = 11_000.0
    # Cable-retention lock: chargers with a fixed cable have none.
    has_lock: bool = True
    lock_is_writable: bool = False
    # What is optional about authorization, and how much of it there is room for.
    has_list: bool = True
    list_max: int = 100
    list_items: int = 10
    has_cache: bool = True
    has_unknown_offline: bool = True
    remote_rule_is_writable: bool = True
    # OCPP 2.1 deprecates StatusNotification in favour of NotifyEvent.
    notifies_events: bool = False


PROFILES = (
    Profile(
        "ABB",
        "Terra 54 CJG",
        ("1.6.1.14", "1.7.0.3"),
        (1, 1, 1),
        50_000,
        has_lock=False,
        remote_rule_is_writable=False,
    ),
    Profile("ABB", "Terra AC W22", ("1.8.21",), (1,), 22_000),
    Profile("Alfen", "Eve Double Pro-line", ("6.4.0-4210", "6.5.2-4289"), (1, 1), 22_000),
    Profile("Alfen", "Eve Single S-line", ("6.4.0-4210",), (1,), 11_000, lock_is_writable=True),
    Profile("Wallbox", "Copper SB", ("5.17.52", "6.0.15"), (1,), 22_000),
    Profile("Wallbox", "Supernova 60", ("2.3.1",), (2,), 60_000, has_lock=False),
    Profile(
        "Kempower",
        "Satellite S-Series",
        ("3.4.0", "3.5.1"),
        (1, 1),
        240_000,
        has_lock=False,
        notifies_events=True,
    ),
    Profile("Schneider Electric", "EVlink Pro AC", ("1.3.4", "1.3.7"), (1,), 22_000),
    Profile("Siemens", "VersiCharge AC Gen3", ("2.135",), (1,), 22_000, lock_is_writable=True),
    Profile("Mennekes", "Amtron Professional+", ("5.22.3",), (1,), 22_000),
    Profile("KEBA", "KeContact P40 Pro", ("1.2.0", "1.3.0"), (1,), 22_000, notifies_events=True),
    Profile(
        "EVBox",
        "Troniq Modular",
        ("2.9.0",),
        (1, 1, 1),
        180_000,
        has_lock=False,
        has_unknown_offline=False,
    ),
    Profile("Delta", "Wallbox 50 kW", ("3.1.8",), (2,), 50_000, has_lock=False, has_list=False),
    Profile(
        "Alpitronic", "Hypercharger HYC300", ("2.5.1", "2.6.0"), (1, 2), 300_000, has_lock=False
    ),
    Profile("Efacec", "QC45", ("8.2.0",), (3,), 50_000, has_lock=False, has_cache=False),
    Profile("Zaptec", "Pro", ("3.0.14",), (1,), 22_000, lock_is_writable=True, list_items=25),
)
