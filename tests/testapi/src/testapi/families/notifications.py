"""Messages to people by e-mail, SMS and push, one by one, many at once, and from templates."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from pydantic import MISSING

from testapi.models.notifications import (
    Bulk,
    Channel,
    EmailMessage,
    NewTemplate,
    Notification,
    Notifications,
    PushMessage,
    Rendered,
    SmsMessage,
    Template,
    Templates,
    Values,
)
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Again, Shop, Store
from testapi.wire import Limit, NotificationId, TemplateId, now

router = APIRouter(tags=["notifications"])

NotificationPath = Annotated[NotificationId, Path(alias="notificationId")]
EMAIL = {"to": "ada@example.com", "subject": "Hello", "text": "Your order is on its way"}
SMS = {"to": "+441603123456", "text": "Your order is on its way"}
PUSH = {"deviceId": "phone-1", "title": "Hello", "text": "Your order is on its way"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def send(store: Store, message: EmailMessage | SmsMessage | PushMessage) -> Notification:
    """Keep the message as sent; nothing leaves the house."""
    match message:
        case EmailMessage():
            channel, to, subject = "email", message.to, message.subject
        case SmsMessage():
            channel, to, subject = "sms", message.to, MISSING
        case PushMessage():
            channel, to, subject = "push", message.device_id, message.title
    name = store.notifications.next_id()
    notification = Notification(
        id=name, channel=channel, to=to, subject=subject, text=message.text, status="sent", createdAt=now()
    )
    return store.notifications.put(name, notification)


@router.post("/notifications/email", status_code=201, **about(example=EMAIL))
async def send_email(store: Shop, again: Again, body: EmailMessage) -> Notification:
    """Send an e-mail."""
    return again.once(lambda: send(store, body))


@router.post("/notifications/sms", status_code=201, **about(example=SMS))
async def send_sms(store: Shop, again: Again, body: SmsMessage) -> Notification:
    """Send a text message."""
    return again.once(lambda: send(store, body))


@router.post("/notifications/push", status_code=201, **about(example=PUSH))
async def send_push(store: Shop, again: Again, body: PushMessage) -> Notification:
    """Send a push message to a device."""
    return again.once(lambda: send(store, body))


@router.post(
    "/notifications/bulk",
    status_code=201,
    **about(example={"messages": [EMAIL | {"channel": "email"}, SMS | {"channel": "sms"}, PUSH | {"channel": "push"}]}),
)
async def send_bulk(store: Shop, again: Again, body: Bulk) -> Notifications:
    """Send up to a hundred messages of any channel at once."""

    def send_all() -> Notifications:
        sent = [send(store, message) for message in body.messages]
        return Notifications(items=sent, total=len(sent))

    return again.once(send_all)


@router.get("/notifications", **about(example={"channel": "email", "limit": 5}))
async def list_notifications(
    store: Shop,
    channel: Annotated[Channel | MISSING, Query()] = MISSING,
    limit: Annotated[Limit, Query()] = 20,
) -> Notifications:
    """List what was sent, newest first."""
    found = [sent for sent in store.notifications if channel in (MISSING, sent.channel)]
    return Notifications(items=found[:limit], total=len(found))


@router.get("/notifications/{notificationId}", **about(example={"notificationId": "ntf-1"}, errors=[404]))
async def get_notification(store: Shop, notification_id: NotificationPath) -> Notification:
    """Fetch one message."""
    return store.notifications.get(notification_id)


@router.delete(
    "/notifications/{notificationId}", status_code=204, **about(example={"notificationId": "ntf-1"}, errors=[404])
)
async def delete_notification(store: Shop, notification_id: NotificationPath) -> Response:
    """Forget one message."""
    store.notifications.remove(notification_id)
    return Response(status_code=204)


@router.get("/templates", **about(example={"limit": 5}))
async def list_templates(store: Shop, limit: Annotated[Limit, Query()] = 20) -> Templates:
    """List the templates."""
    found = list(store.templates)
    return Templates(items=found[:limit], total=len(found))


@router.post(
    "/templates",
    status_code=201,
    **about(example={"name": "thanks", "channel": "email", "text": "Thank you, {name}!"}),
)
async def create_template(
    store: Shop, form: Annotated[NewTemplate, Form(media_type="multipart/form-data")]
) -> Template:
    """Keep a template, sent as a multipart form."""
    name = store.templates.next_id()
    return store.templates.put(name, Template(id=name, **form.model_dump(by_alias=True)))


@router.post(
    "/templates/{templateId}/render",
    **about(example={"templateId": "tpl-1", "values": {"name": "Ada"}}, errors=[404, 409]),
)
async def render_template(
    store: Shop, template_id: Annotated[TemplateId, Path(alias="templateId")], body: Values
) -> Rendered:
    """Fill a template's words in; a word without a value is refused (409)."""
    template = store.templates.get(template_id)
    missing = [word for word in PLACEHOLDER.findall(template.text) if word not in body.values]
    if missing:
        raise Refused(409, "VALUE_MISSING", f"`{template_id}` needs a value for: {', '.join(missing)}")
    text = PLACEHOLDER.sub(lambda found: body.values[found.group(1)], template.text)
    return Rendered(templateId=template_id, text=text)
