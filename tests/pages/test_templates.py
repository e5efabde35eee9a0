"""Operations > Configuration templates, and Drift: kept, looked at, applied, accepted."""

from typing import Any

import pytest
from django.test import Client

from operations.models import (
    CommandBatch,
    CommandRun,
    ConfigurationTemplate,
    SettingDrift,
    Station,
)
from operations.services import drift
from operations.statuses import Role
from tests.factories import (
    OrganisationFactory,
    SettingFactory,
    SiteFactory,
    StationFactory,
    TemplateFactory,
    UserFactory,
)
from tests.pages.counting import queries_of
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

URL = "/operations/configuration-templates/"
DRIFT = "/operations/drift/"
DEED = "/operations/drift/deed/"
MOST_QUERIES = 12
KEY = "HeartbeatInterval"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def filled(**fields: Any) -> dict[str, Any]:
    """The form of a template."""
    return {
        "name": "Quays",
        "code": "quays",
        "priority": 100,
        "is_enabled": "on",
        "of_station": f"{KEY} = 60",
        **fields,
    }


def deviating(value: str = "300", **fields: Any) -> Station:
    """A station whose heartbeat is not the template's."""
    made: Station = StationFactory(open_connection=True, **fields)
    SettingFactory(station=made, key=KEY, value=value)
    return made


# --- templates -----------------------------------------------------------------------------------


def test_an_engineer_makes_a_template_and_changes_it(desk: Client) -> None:
    answer = desk.post(
        f"{URL}add/",
        filled(of_connector="Connector.Type = c{connector}", batch_size="5"),
        follow=True,
    )
    assert "Quays is saved" in said(answer)
    template = ConfigurationTemplate.objects.get()
    assert template.batch_size == 5
    assert sorted(template.settings.values_list("bound_to", "key", "value")) == [
        ("connector", "Connector.Type", "c{connector}"),
        ("station", KEY, "60"),
    ]
    form = desk.get(f"{URL}{template.pk}/change/")
    assert f"{KEY} = 60" in form.text
    desk.post(f"{URL}{template.pk}/change/", filled(of_station=f"{KEY} = 90"))
    assert list(template.settings.values_list("value", flat=True)) == ["90"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"of_station": ""}, "Name at least one setting."),
        ({"of_station": "Heartbeat"}, "Line 1: write a setting as NAME = VALUE."),
        ({"of_station": "AuthorizationKey = geheim"}, "is a password"),
        (
            {"valid_from": "2030-01-02T00:00", "valid_until": "2030-01-01T00:00"},
            "It would end before it begins.",
        ),
    ],
)
def test_what_makes_no_sense_is_said_at_the_field(
    desk: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = desk.post(f"{URL}add/", filled(**fields))
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert not ConfigurationTemplate.objects.exists()


def test_a_site_of_another_organisation_is_refused(desk: Client) -> None:
    site, owner = SiteFactory(), OrganisationFactory()
    answer = desk.post(f"{URL}add/", filled(site=site.pk, organisation=owner.pk))
    assert "another organisation" in said(answer)


def test_the_list_says_for_whom_and_what_differs(desk: Client) -> None:
    TemplateFactory(name="All <b>", settings={KEY: "60"})
    TemplateFactory(name="Off", is_enabled=False, vendor="ABB", model="Terra 54", priority=5)
    deviating()
    drift.catch_up()
    header, first, second = page_lines(desk.get(URL))
    shown = dict(zip(header, first, strict=True))
    assert (shown["Name"], shown["State"], shown["For"]) == ("All <b>", "In force", "All stations")
    assert (shown["Settings"], shown["Deviations"]) == ("1", "1")
    assert dict(zip(header, second, strict=True))["For"] == "ABB Terra 54"
    assert "All <b>" not in desk.get(URL).text
    assert csv_lines(desk.get(URL, {"export": "csv"}))[1] == first
    assert column(desk.get(URL, {"vendor": "abb"}), "Name") == ["Off"]


def test_a_template_shows_what_it_would_change_before_it_counts(desk: Client) -> None:
    template = TemplateFactory(is_enabled=False, settings={KEY: "60"})
    deviating(name="A")
    deviating("60", name="B")
    StationFactory(name="C")
    SettingFactory(station=StationFactory(name="D"), key=KEY, value="", state="missing")
    SettingFactory(station=StationFactory(name="E"), key=KEY, mutability="ReadOnly")
    StationFactory(name="F", protocol="2.0.1")
    page = desk.get(f"{URL}{template.pk}/")
    assert column(page, "With this template") == [
        "1 differs",
        "As it should be",
        "Not read yet",
        "1 differs",
        "1 differs",
        "Nothing wanted of it",
    ]
    changes = column(page, "It would change")
    assert changes[0] == f"{KEY}: 300 → 60"
    assert changes[3] == f"{KEY}: not reported → 60"
    assert changes[4] == f"{KEY}: 300 stays, read only; wanted: 60"
    assert not SettingDrift.objects.exists()


def test_a_template_is_applied_on_demand_where_it_differs(desk: Client) -> None:
    template = TemplateFactory(is_enabled=False, settings={KEY: "60"})
    chosen, right = deviating(), deviating("60")
    deviating()
    url = f"{URL}{template.pk}/deed/?command=apply&pick={chosen.pk}&pick={right.pk}"
    question = said(desk.get(url))
    assert "1 setting differs and will be changed. It is about 1 station." in question
    answer = desk.post(url, follow=True)
    assert "1 station was asked" in said(answer)
    run = CommandRun.objects.get()
    assert run.station == chosen
    assert run.params["settings"] == [{"key": KEY, "value": "60"}]
    assert run.reason == f"Template {template.name}"


def test_what_was_never_read_can_be_read(desk: Client) -> None:
    template = TemplateFactory(settings={KEY: "60"})
    for _number in range(4):
        StationFactory(open_connection=True)
    url = f"{URL}{template.pk}/deed/?command=read&all=1"
    assert "at 4 stations" in said(desk.get(url))
    desk.post(url)
    batch = CommandBatch.objects.get()
    assert (batch.command, batch.size, batch.params) == ("read-settings", 4, {"keys": [KEY]})


def test_a_template_is_deleted_with_its_deviations(desk: Client) -> None:
    template = TemplateFactory(settings={KEY: "60"})
    deviating()
    drift.catch_up()
    assert "Stations keep the settings" in said(desk.get(f"{URL}{template.pk}/delete/"))
    desk.post(f"{URL}{template.pk}/delete/")
    assert not SettingDrift.objects.exists()


# --- drift ---------------------------------------------------------------------------------------


@pytest.fixture
def drifting() -> list[Station]:
    """Three stations that are not as they should be."""
    TemplateFactory(name="Quays", settings={KEY: "60"})
    made = [deviating(name=name) for name in ("A", "B", "C")]
    drift.catch_up()
    return made


def test_desired_and_reported_stand_side_by_side(desk: Client, drifting: list[Station]) -> None:
    page = desk.get(DRIFT, {"sort": "station"})
    header, first, *_rest = page_lines(page)
    shown = dict(zip(header, first, strict=True))
    assert shown["Station"] == "A"
    assert (shown["Setting"], shown["Should be"], shown["Is"]) == (KEY, "60", "300")
    assert (shown["State"], shown["Template"]) == ("Differs", "Quays")
    assert csv_lines(desk.get(DRIFT, {"export": "csv", "sort": "station"}))[1] == first
    assert "3 differ" in said(page)


def test_drift_is_filtered(desk: Client, drifting: list[Station]) -> None:
    row = SettingDrift.objects.get(station=drifting[1])
    SettingDrift.objects.filter(pk=row.pk).update(state="accepted")
    for query, expected in {
        "station=A": ["A"],
        f"key={KEY.lower()}": ["A", "B", "C"],
        "key=other": [],
        "state=accepted": ["B"],
        "state=open": ["A", "C"],
        "protocol=2.0.1": [],
        f"template={row.template_id}": ["A", "B", "C"],
    }.items():
        page = desk.get(f"{DRIFT}?sort=station&{query}")
        shown = column(page, "Station") if expected else page.context["table"].records()
        assert shown == expected, query


def test_ticked_deviations_are_applied(desk: Client, drifting: list[Station]) -> None:
    picks = SettingDrift.objects.filter(station__in=drifting[:2]).values_list("pk", flat=True)
    url = f"{DEED}?command=apply&" + "&".join(f"pick={pk}" for pk in picks)
    question = said(desk.get(url))
    assert "2 settings differ and will be changed. They are of 2 stations." in question
    assert "2 stations were asked" in said(desk.post(url, follow=True))
    assert {run.station_id for run in CommandRun.objects.all()} == {
        station.pk for station in drifting[:2]
    }


def test_offline_stations_are_told_of_and_waited_for(desk: Client, drifting: list[Station]) -> None:
    Station.objects.filter(pk=drifting[0].pk).update(connected_at=None)
    url = f"{DEED}?command=apply&all=1"
    assert "1 is offline, and asked if it connects within a day." in said(desk.get(url))
    desk.post(url)
    assert CommandRun.objects.get(station=drifting[0]).waits_for_station
    SettingDrift.objects.update(state="read-only")
    assert "Nothing there differs that could be changed." in said(desk.get(url))
    assert "There was nothing to ask." in said(desk.post(url, follow=True))


def test_all_that_a_filter_finds_are_accepted(desk: Client, drifting: list[Station]) -> None:
    url = f"{DEED}?command=accept&all=1&filter=station%3DA"
    assert "Accept 1 setting as it is" in said(desk.get(url))
    answer = desk.post(url)
    assert answer.headers["Location"] == f"{DRIFT}?station=A"
    assert SettingDrift.objects.get(state="accepted").station == drifting[0]
    assert "By lee" in desk.get(DRIFT).text


def test_a_filter_that_is_not_understood_does_nothing(
    desk: Client, drifting: list[Station]
) -> None:
    url = f"{DEED}?command=accept&all=1&filter=state%3Dnonsense"
    assert desk.post(url).status_code == 403
    assert not SettingDrift.objects.filter(state="accepted").exists()


def test_an_unknown_deed_is_not_there(desk: Client) -> None:
    assert desk.get(f"{DEED}?command=explode&all=1").status_code == 404


# --- who may, and what it costs ------------------------------------------------------------------


def test_people_see_and_change_what_is_theirs(client: Client, drifting: list[Station]) -> None:
    owner = drifting[0].organisation
    client.force_login(UserFactory(organisation=owner, role=Role.ENGINEER))
    everybodys = ConfigurationTemplate.objects.get()
    others = TemplateFactory(organisation=OrganisationFactory())
    own = TemplateFactory(organisation=owner, priority=1, name="Own")
    assert column(client.get(URL), "Name") == ["Quays", "Own"]
    assert column(client.get(DRIFT), "Station") == ["A"]
    assert column(client.get(f"{URL}{everybodys.pk}/"), "Station") == ["A"]
    assert client.get(f"{URL}{others.pk}/").status_code == 404
    for deed in ("change", "delete"):
        assert client.get(f"{URL}{own.pk}/{deed}/").status_code == 200
        assert client.get(f"{URL}{everybodys.pk}/{deed}/").status_code == 404
    client.post(f"{DEED}?command=accept&all=1")
    assert SettingDrift.objects.filter(state="accepted").count() == 1
    client.post(f"{URL}add/", filled(code="new"))
    assert ConfigurationTemplate.objects.get(code="new").organisation == owner


def test_operators_look_and_engineers_change(client: Client, drifting: list[Station]) -> None:
    client.force_login(UserFactory(role=Role.OPERATOR))
    template = ConfigurationTemplate.objects.get()
    for url in (URL, DRIFT, f"{URL}{template.pk}/"):
        page = client.get(url)
        assert page.status_code == 200
        assert 'id="selection"' not in page.text
        assert 'name="pick"' not in page.text
    for url in (
        f"{URL}add/",
        f"{URL}{template.pk}/change/",
        f"{URL}{template.pk}/delete/",
        f"{URL}{template.pk}/deed/?command=apply&all=1",
        f"{DEED}?command=apply&all=1",
    ):
        assert client.get(url).status_code == 403, url
        assert client.post(url).status_code == 403, url
    assert not CommandRun.objects.exists()


@pytest.mark.parametrize("page", ["list", "template", "drift"])
def test_pages_take_few_queries(desk: Client, drifting: list[Station], page: str) -> None:
    template = ConfigurationTemplate.objects.get()
    url = {"list": URL, "template": f"{URL}{template.pk}/", "drift": DRIFT}[page]
    counts = []
    for _round in range(2):
        counts.append(len(queries_of(desk, url)))
        for _number in range(5):
            TemplateFactory(settings={KEY: "61"}, priority=1)
            deviating()
        drift.catch_up()
    assert counts[0] == counts[1]
    assert counts[0] <= MOST_QUERIES + (page == "template")  # which is found first
