"""Certificates that nobody signed but their own key, for servers of this machine."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = timedelta(days=1)


def certificate_in(
    folder: Path, name: str = "here", *, begins_in_days: float = -2, password: str = ""
) -> tuple[Path, Path]:
    """The files of a new certificate for localhost, good for three days, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    begins = datetime.now(UTC) + begins_in_days * _DAY
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), begins, begins + 3 * _DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(*form, kept))
    return cert_file, key_file


def trusting(cert: Path, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client that takes this certificate alone, and speaks no newer TLS than this."""
    context = ssl.create_default_context(cafile=str(cert))
    context.maximum_version = most
    return context
