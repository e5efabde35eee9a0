"""Whether a firmware's signature is its maker's (1.6 security whitepaper §5, 2.0.1 L01)."""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

SHA256 = utils.Prehashed(hashes.SHA256())


def is_certificate(pem: str) -> bool:
    """Whether this is a certificate at all."""
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return True


def verify(certificate: str, signature: str, digest: bytes) -> None:
    """Check the base64 signature over a SHA-256 digest. Raises InvalidSignature or ValueError."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        raw = base64.b64decode(signature, validate=True)
    except binascii.Error as error:
        raise InvalidSignature from error
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(raw, digest, padding.PKCS1v15(), SHA256)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(raw, digest, ec.ECDSA(SHA256))
    else:
        raise InvalidSignature


def signing_request(serial_number: str) -> str:
    """A new key's request to be certified (1.6 security whitepaper A02), as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, serial_number)])
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
