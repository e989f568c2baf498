"""Keys that are thrown away with the lane's folders."""
import subprocess


def make_key(folder, name):
    """A throw-away key and its certificate, both PEM."""
    key, certificate = folder / f"{name}.key.pem", folder / f"{name}.crt.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def base64_of(certificate):
    """A PEM certificate's content in one line, as metadata and Keycloak's attributes have it."""
    return "".join(certificate.read_text(encoding="ascii").splitlines()[1:-1])
