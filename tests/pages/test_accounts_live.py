"""Pages that are open when somebody is signed out, switched off, or gets another role."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from operations import consumers
from operations.models import User
from operations.services.accounts import sessions
from operations.statuses import Role
from tests.factories import ChargerFactory, UserFactory
from tests.pages.watching import make, page_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_this_loop")]


@sync_to_async
def signed_in(user: User) -> HttpRequest:
    """A browser's request, with a session of this user's."""
    request = HttpRequest()
    request.session = SessionStore()
    request.user = user
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return request


async def _watching(user: User, request: HttpRequest) -> Any:
    charger = await make(ChargerFactory)
    return charger.pk, page_of(user, f"charger:{charger.pk}", session=request.session)


def end_all(user: User, request: HttpRequest) -> None:
    sessions.end_all(user=user)


def sign_out(user: User, request: HttpRequest) -> None:
    sessions.ended(request=request, user=user)
    request.session.flush()
    sessions.tell(user=user)


def switch_off(user: User, request: HttpRequest) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    sessions.tell(user=user)


@pytest.mark.parametrize("deed", [end_all, sign_out, switch_off])
async def test_an_open_page_is_closed_without_a_word_from_it(
    deed: Callable[[User, HttpRequest], None],
) -> None:
    user = await make(UserFactory)
    request = await signed_in(user)
    pk, opened = await _watching(user, request)
    async with opened as page:
        await page.sees(f"charger-{pk}-charging-status", "Available")
        await sync_to_async(deed)(user, request)
        assert await page.is_closed_with() == consumers.SIGNED_OUT


async def test_the_other_browsers_pages_stay_open() -> None:
    user = await make(UserFactory)
    here, there = await signed_in(user), await signed_in(user)
    pk, opened = await _watching(user, here)
    async with opened as page:
        await page.sees(f"charger-{pk}-charging-status", "Available")
        await sync_to_async(sessions.end_all)(user=user, but=here)
        await page.hears_nothing()
    assert not await sync_to_async(SessionStore().exists)(there.session.session_key)


async def test_buttons_follow_the_role_at_once() -> None:
    user = await make(UserFactory, role=Role.VIEWER)
    request = await signed_in(user)
    charger = await make(ChargerFactory)
    async with page_of(user, f"charger:{charger.pk}", session=request.session) as page:
        await page.sees(f"charger-{charger.pk}-charging-status", "Available")
        shown = dict(page.shown)
        await User.objects.filter(pk=user.pk).aupdate(role=Role.OPERATOR)
        await sync_to_async(sessions.tell)(user=user)
        asks = f'href="/operations/chargers/{charger.pk}/ask/change-availability/"'
        await page.sees(f"charger-{charger.pk}-actions", asks)
        assert asks not in shown.get(f"charger-{charger.pk}-actions", "")


async def test_who_must_set_up_codes_first_hears_nothing(settings: LazySettings) -> None:
    settings.EVCHARGE_ADMINS_NEED_CODE = True
    user = await make(UserFactory, role=Role.ADMIN)
    request = await signed_in(user)
    _pk, opened = await _watching(user, request)
    async with opened as page:
        assert await page.is_closed_with() == consumers.SIGNED_OUT
