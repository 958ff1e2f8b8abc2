"""What is kept in the database: the API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from streams.conf import settings
from streams.keys import NewKey, generate_key
from streams.subscriptions import Endpoint

ACTIVE, EXPIRED, REVOKED, OWNER_INACTIVE = "active", "expired", "revoked", "owner inactive"


def every_endpoint() -> list[str]:
    return [endpoint.value for endpoint in Endpoint]


def default_connections() -> int:
    return settings.MAX_CONNECTIONS_PER_KEY


def default_connections_per_day() -> int:
    return settings.APP_RATE_LIMIT_PER_DAY


def default_symbols() -> int:
    return settings.MAX_SYMBOLS_PER_CONNECTION


def check_endpoints(value: object) -> None:
    """Raises ValidationError unless it is a list of endpoints."""
    known = every_endpoint()
    if not isinstance(value, list) or not value or any(name not in known for name in value):
        raise ValidationError(f"Name at least one of {', '.join(known)}.")


class RevocationIsFinal(Exception):
    """A revoked key was about to be made valid again; make a new one instead."""


class CannotRotate(Exception):
    """A key that nobody can use would get a successor that nobody can use."""


class ApiKey(models.Model):
    """Who may connect, to what, and how much. The key itself is not kept, only its hash."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        # A key must not outlive its owner as a key of nobody.
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="Optional. When this user is deactivated, the key stops working.",
    )
    prefix = models.CharField(max_length=16, editable=False, db_index=True)
    digest = models.CharField(max_length=64, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # While a rotated key ends with its grace, its own end is kept for its next successor.
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)
    own_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Which form made it, until the key was shown: see streams/key_forms.py.
    form_digest = models.CharField(
        max_length=64, blank=True, db_default="", default="", editable=False, db_index=True
    )
    endpoints = models.JSONField(default=every_endpoint, validators=[check_endpoints])
    max_connections = models.PositiveIntegerField(
        "connections at once", default=default_connections, validators=[MinValueValidator(1)]
    )
    connections_per_day = models.PositiveIntegerField(
        default=default_connections_per_day, validators=[MinValueValidator(1)]
    )
    max_symbols = models.PositiveIntegerField(
        "symbols per connection", default=default_symbols, validators=[MinValueValidator(1)]
    )
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises RevocationIsFinal."""
        if self.pk and not self.revoked_at and _is_revoked(self.pk):
            raise RevocationIsFinal(f"{self} is revoked; make a new key instead")
        super().save(*args, **kwargs)

    @property
    def bucket(self) -> str:
        """What its use is counted under."""
        return f"key.{self.pk}"

    def state_at(self, now: datetime) -> str:
        if self.revoked_at:
            return REVOKED
        if self.expires_at and self.expires_at <= now:
            return EXPIRED
        if self.owner and not is_active(self.owner):
            return OWNER_INACTIVE
        return ACTIVE

    def take(self, key: NewKey) -> None:
        """Make this the record of a key that was just generated."""
        self.prefix, self.digest = key.prefix, key.digest

    def revoke(self) -> None:
        """From now on nobody gets in with it, and who is in is put out; for good."""
        if not self.revoked_at:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])

    def rotate(
        self, grace: timedelta, key: NewKey | None = None, form_digest: str = ""
    ) -> tuple[ApiKey, NewKey]:
        """A new key that may what this one may; this one expires after `grace`.

        Raises CannotRotate.
        """
        now = timezone.now()
        if (state := self.state_at(now)) != ACTIVE:
            raise CannotRotate(f"{self} is not rotated: {state}. Make a new key instead.")
        if self.rotated_at is None:
            self.rotated_at, self.own_expires_at = now, self.expires_at
        key = key or generate_key()
        successor = ApiKey(
            name=self.name,
            owner=self.owner,
            expires_at=self.own_expires_at,
            form_digest=form_digest,
            endpoints=list(self.endpoints),
            max_connections=self.max_connections,
            connections_per_day=self.connections_per_day,
            max_symbols=self.max_symbols,
            note=f"Replaces {self.prefix}….\n{self.note}".strip(),
        )
        successor.take(key)
        successor.save()
        ends_at = now + grace
        self.expires_at = min(self.expires_at or ends_at, ends_at)
        self.save(update_fields=["expires_at", "rotated_at", "own_expires_at"])
        return successor, key

    def expire_at(self, moment: datetime | None) -> None:
        """Its own end from now on, whatever a rotation said."""
        self.expires_at, self.rotated_at, self.own_expires_at = moment, None, None


class LiveStreams(models.Model):
    """No table: the place of the page of this name in the admin, and the right to see it."""

    class Meta:
        managed = False
        verbose_name = verbose_name_plural = "live streams"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return "live streams"


def check_is_alive(expires_at: datetime | None, owner: Any) -> None:
    """Raises ValidationError for what would make a new key useless from its beginning."""
    errors = {}
    if expires_at and expires_at <= timezone.now():
        errors["expires_at"] = "This is in the past: the key would never work."
    if owner and not is_active(owner):
        errors["owner"] = "This user is not active: the key would not work."
    if errors:
        raise ValidationError(errors)


def is_active(user: Any) -> bool:
    """A user model need not have this attribute; without it everybody is, as Django has it."""
    return bool(getattr(user, "is_active", True))


def _is_revoked(pk: int) -> bool:
    return ApiKey.objects.filter(pk=pk, revoked_at__isnull=False).exists()
