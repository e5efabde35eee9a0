"""The root certificates a simulated station keeps: OCPP 1.6's security extension, and 2.x."""

import hashlib

from ocpp_gateway.simulator.frames import Answer, Payload

ACCEPTED: Payload = {"status": "Accepted"}
NOT_FOUND: Payload = {"status": "NotFound"}


class Certificates:
    """Root certificates by the hashes they are known by; here made of their texts (M)."""

    def __init__(self) -> None:
        self._kept: dict[str, Payload] = {}

    def install(self, request: Payload) -> Answer:
        """M05."""
        digest = hashlib.sha256(str(request["certificate"]).encode()).hexdigest()
        self._kept[digest] = {
            "certificateType": request["certificateType"],
            "certificateHashData": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": digest,
                "issuerKeyHash": digest,
                "serialNumber": digest[:8],
            },
        }
        return Answer(ACCEPTED)

    def delete(self, request: Payload) -> Answer:
        """M04."""
        gone = self._kept.pop(request["certificateHashData"]["issuerNameHash"], None)
        return Answer(ACCEPTED if gone else NOT_FOUND)

    def list_v16(self, request: Payload) -> Answer:
        """The hashes of one kind (1.6 security whitepaper M03)."""
        found = [
            kept["certificateHashData"]
            for kept in self._kept.values()
            if kept["certificateType"] == request["certificateType"]
        ]
        if not found:
            return Answer(NOT_FOUND)
        return Answer({"status": "Accepted", "certificateHashData": found})

    def list_v2(self, request: Payload) -> Answer:
        """M03."""
        kinds = request.get("certificateType")
        found = [
            kept
            for kept in self._kept.values()
            if kinds is None or kept["certificateType"] in kinds
        ]
        if not found:
            return Answer(NOT_FOUND)
        return Answer({"status": "Accepted", "certificateHashDataChain": found})
