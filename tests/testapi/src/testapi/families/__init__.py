"""The 100 operations, a module per family."""

from fastapi import APIRouter

from testapi.families import (
    arrays,
    auth,
    cards,
    errors,
    inventory,
    notifications,
    orders,
    payments,
    primitives,
    retries,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    primitives.router,
    arrays.router,
    orders.router,
    inventory.router,
    payments.router,
    cards.router,
    users.router,
    auth.router,
    notifications.router,
    errors.router,
    retries.router,
)
