"""SQS on this machine: a server process of its own, and queues in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from itertools import islice
from typing import Any

from botocore.config import Config
from botocore.session import get_session

REGION = "eu-west-1"


class SQSServer:
    """An SQS API server in a process of its own; can be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._announced()
        # A line for each request: nobody reads them, but the pipe must not fill up
        threading.Thread(target=self._drain, daemon=True).start()
        self.client = get_session().create_client(
            "sqs",
            region_name=REGION,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _announced(self) -> str:
        """Wait for the line that says where it listens."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                return found[1]
        raise AssertionError("the SQS server did not start")

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for _ in lines:
                pass

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does; safe to repeat."""
        self._process.kill()
        self._process.wait()
        self.client.close()


class Queue:
    """One queue of a server, seen from Amazon's side."""

    def __init__(self, server: SQSServer, name: str) -> None:
        self._client = server.client
        self.url: str = self._client.create_queue(QueueName=name)["QueueUrl"]

    def put(self, bodies: Iterable[str]) -> None:
        """Put messages in, ten to a call."""
        rest = iter(bodies)
        while ten := list(islice(rest, 10)):
            entries = [{"Id": str(n), "MessageBody": b} for n, b in enumerate(ten)]
            self._client.send_message_batch(QueueUrl=self.url, Entries=entries)

    def tell(self, *report_ids: str) -> None:
        """Put in notifications of these reports."""
        self.put(map(notification, report_ids))

    def left(self) -> int:
        """Count the messages that are there, hidden ones as well."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._client.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def received(self, seconds: int) -> list[str]:
        """Receive as another consumer would, waiting for what is hidden."""
        answer = self._client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds
        )
        return [message["Body"] for message in answer.get("Messages", ())]


def notification(report_id: str, **changed: Any) -> str:
    """Return a notification as the schema's own example has it."""
    told = {
        "sellerId": "A3TH9S8BH6GOGM",
        "accountId": "amzn1.merchant.o.A3TH9S8BH6GOGM",
        "reportId": report_id,
        "reportType": "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA",
        "processingStatus": "DONE",
        "reportDocumentId": "amzn1.tortuga.3.edbcd0d8-3434-8222-1234-52ad8ade1208",
    }
    return json.dumps(
        {
            "notificationVersion": "2020-09-04",
            "notificationType": "REPORT_PROCESSING_FINISHED",
            "payloadVersion": "2020-09-04",
            "eventTime": "2020-07-14T03:35:13.214Z",
            "payload": {"reportProcessingFinishedNotification": told},
            "notificationMetadata": {
                "applicationId": "amzn1.sellerapps.app.aacccfff",
                "subscriptionId": "subscription-id-d0e9e693",
                "publishTime": "2020-07-13T19:42:04.284Z",
                "notificationId": "d0e9e693-c3ad-4373-979f-ed4ec98dd746",
            },
            **changed,
        }
    )
