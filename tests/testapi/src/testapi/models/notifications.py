"""Messages by e-mail, SMS and push, and the templates they are made of.

Texts have no bounds on purpose: workflows compose them out of other values.
"""

from typing import Annotated, Literal

from pydantic import MISSING, Field

from testapi.wire import Email, NotificationId, Phone, TemplateId, Timestamp, Total, Wire

Channel = Literal["email", "sms", "push"]
DeviceId = Annotated[str, Field(pattern="^[A-Za-z0-9-]{4,64}$")]
TemplateName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$")]


class EmailMessage(Wire):
    to: Email
    subject: str
    text: str


class SmsMessage(Wire):
    to: Phone
    text: str


class PushMessage(Wire):
    device_id: DeviceId
    title: str
    text: str


class BulkEmail(EmailMessage):
    channel: Literal["email"]


class BulkSms(SmsMessage):
    channel: Literal["sms"]


class BulkPush(PushMessage):
    channel: Literal["push"]


Message = Annotated[BulkEmail | BulkSms | BulkPush, Field(discriminator="channel")]


class Bulk(Wire):
    messages: Annotated[list[Message], Field(min_length=1, max_length=100)]


class Notification(Wire):
    id: NotificationId
    channel: Channel
    to: str
    subject: str | MISSING = MISSING
    text: str
    status: Literal["sent"]
    created_at: Timestamp


class Notifications(Wire):
    items: Annotated[list[Notification], Field(max_length=100)]
    total: Total


class NewTemplate(Wire):
    name: TemplateName
    channel: Channel
    text: Annotated[str, Field(min_length=1, description="Words in single braces are filled in: {name}")]


class Template(Wire):
    id: TemplateId
    name: TemplateName
    channel: Channel
    text: str


class Templates(Wire):
    items: Annotated[list[Template], Field(max_length=100)]
    total: Total


class Values(Wire):
    values: dict[str, str]


class Rendered(Wire):
    template_id: TemplateId
    text: str
