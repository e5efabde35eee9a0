import json
from datetime import timedelta
import pytest
from django.utils import timezone
from axe_playwright_python.sync_playwright import Axe
from operations.models import *
from operations.statuses import Role, Registration
from tests.factories import *
pytestmark = pytest.mark.browser

def test_shots(portal, sign_in):
    now = timezone.now()
    st = StationFactory(identity="QUAY-1", name="Quay 1", open_connection=True, organisation__name="Harbour Charging")
    run = RunFactory(station=st)
    for i in range(30,0,-1):
        at = now - timedelta(seconds=20*i)
        if i % 5 == 0:
            MessageFactory(station=st, action="MeterValues", called_at=at, answered_at=at+timedelta(milliseconds=7), call=json.dumps([2, f"m{i}", "MeterValues", {"connectorId":1,"transactionId":12,"meterValue":[{"timestamp":(now-timedelta(hours=2)).isoformat(),"sampledValue":[{"value":"1234.5","measurand":"Energy.Active.Import.Register","unit":"Wh"}]}]}]), answer=f'[3,"m{i}",{{}}]')
        elif i % 7 == 0:
            MessageFactory(station=st, action="Reset", run=run, is_from_station=False, called_at=at, answer="", answered_at=None, call='[2,"r","Reset",{"type":"Soft"}]')
        elif i % 11 == 0:
            MessageFactory(station=st, action="MakeCoffee", called_at=at, error_code="NotImplemented", call='[2,"x","MakeCoffee",{}]', answer='[4,"x","NotImplemented","MakeCoffee is no message of OCPP 1.6",{}]', answered_at=at+timedelta(milliseconds=2))
        else:
            MessageFactory(station=st, called_at=at, answered_at=at+timedelta(milliseconds=3))
    for i in range(31):
        at = now - timedelta(minutes=7*(i+1))
        ConnectionFactory(station=st, opened_at=at, closed_at=at+timedelta(minutes=6), close_code=[1006,1000,4002,None][i%4], close_reason="x", epoch=100+i)
    ProtocolFinding.objects.create(station=st, kind="NotImplemented", action="StatusNotification", path="timestamp", detail="foo", count=1234, first_at=now-timedelta(days=3), last_at=now)
    StationEvent.objects.create(station=st, kind="security", title="SettingSystemTime", at=now, heard_at=now, details={"techInfo":"ntp"})
    StationReport.objects.create(station=st, kind="NotifyReport", request_id=12345, started_at=now, updated_at=now, parts={"0":{"reportData":[]}}, is_complete=True, last_seq_no=0)
    for i in range(4):
        StationFactory(organisation=None, name=f"NEW-{i}", identity=f"NEW-{i}", registration=Registration.PENDING if i%2 else Registration.ACCEPTED, open_connection=i<2, connected=i<2)
    page = sign_in(UserFactory(role=Role.ADMIN, username="m.lee"))
    pages = {"messages": "/operations/messages/?station=QUAY-1&live=on", "health": f"/operations/stations/{st.pk}/health/", "unknown": "/operations/unknown-stations/", "station": f"/operations/stations/{st.pk}/", "message": f"/operations/messages/{OcppMessage.objects.filter(action='MeterValues').first().pk}/", "report": f"/operations/reports/{StationReport.objects.get().pk}/", "empty":"/operations/messages/?action=nope"}
    bad = []
    for theme in ("light", "dark"):
        page.evaluate(f"localStorage.setItem('portal-theme','{theme}')")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for name, url in pages.items():
                page.goto(portal.url + url)
                page.wait_for_timeout(300)
                if name == "messages":
                    page.locator("[data-expand]").nth(3).click()
                    page.wait_for_timeout(500)
                page.screenshot(path=f"/tmp/h12shots/{name}-{theme}-{width}.png", full_page=(name in ("health","message","report")))
                over = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                if over: bad.append((name, theme, width, "page scrolls sideways"))
                for v in Axe().run(page).response["violations"]:
                    bad.append((name, theme, width, v["id"], [n["html"][:160] for n in v["nodes"]][:3]))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(portal.url + pages["unknown"]); page.get_by_role("link", name="Forget").first.click(); page.wait_for_timeout(400); page.screenshot(path="/tmp/h12shots/dialog.png")
    open("/tmp/h12shots/bad.txt","w").write("\n".join(map(str,bad)))
