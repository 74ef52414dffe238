"""Mail providers that many people use: which servers they have, and how one logs in there.

Facts as the providers publish them; a provider is recognised by the domain of an address or by the hosts that take the
domain's mail (MX).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.mail.types import Encryption


class LoginKind(StrEnum):
    """What a person needs in order to log in."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    APP_PASSWORD = "app_password"  # noqa: S105
    """A password made for programs in the provider's settings."""
    OAUTH = "oauth"
    """Passwords are refused; the person grants access in the browser."""


@dataclass(frozen=True, slots=True)
class Place:
    """One server: a host and a port."""

    host: str
    port: int
    encryption: Encryption = Encryption.TLS


@dataclass(frozen=True, slots=True)
class Provider:
    """`mail_hosts` are endings of the names of hosts that take mail for the provider's customers' own domains."""

    name: str
    domains: tuple[str, ...]
    imap: Place | None
    smtp: Place
    pop3: Place | None = None
    mail_hosts: tuple[str, ...] = ()
    login_kind: LoginKind = LoginKind.PASSWORD
    user_is_local_part: bool = False
    over_http: str = ""
    """The interface of its own that the provider offers over HTTP: gmail or graph."""
    jmap_url: str = ""
    """Where its JMAP begins, if it speaks that."""


def _provider(
    name: str,
    domains: str,
    *,
    imap: str,
    smtp: str,
    pop3: str = "",
    starttls: bool = False,
    mail_hosts: str = "",
    login_kind: LoginKind = LoginKind.PASSWORD,
    user_is_local_part: bool = False,
    over_http: str = "",
    jmap_url: str = "",
) -> Provider:
    return Provider(
        name=name,
        domains=tuple(domains.split()),
        imap=Place(imap, 993),
        smtp=Place(smtp, 587, Encryption.STARTTLS) if starttls else Place(smtp, 465),
        pop3=Place(pop3, 995) if pop3 else None,
        mail_hosts=tuple(mail_hosts.split()),
        login_kind=login_kind,
        user_is_local_part=user_is_local_part,
        over_http=over_http,
        jmap_url=jmap_url,
    )


_APP, _OAUTH = LoginKind.APP_PASSWORD, LoginKind.OAUTH

PROVIDERS: tuple[Provider, ...] = (
    _provider(
        "Gmail",
        "gmail.com googlemail.com",
        imap="imap.gmail.com",
        pop3="pop.gmail.com",
        smtp="smtp.gmail.com",
        mail_hosts="google.com googlemail.com",
        over_http="gmail",
        login_kind=_APP,
    ),
    _provider(
        "Outlook.com",
        "outlook.com hotmail.com live.com msn.com outlook.de outlook.fr outlook.pl hotmail.de hotmail.fr hotmail.co.uk"
        " live.de live.fr live.co.uk live.nl hotmail.it outlook.it outlook.es hotmail.es passport.com",
        imap="outlook.office365.com",
        pop3="outlook.office365.com",
        smtp="smtp-mail.outlook.com",
        starttls=True,
        mail_hosts="olc.protection.outlook.com",
        over_http="graph",
        login_kind=_OAUTH,
    ),
    _provider(
        "Microsoft 365",
        "onmicrosoft.com office365.com",
        imap="outlook.office365.com",
        pop3="outlook.office365.com",
        smtp="smtp.office365.com",
        starttls=True,
        mail_hosts="protection.outlook.com mx.microsoft",
        over_http="graph",
        login_kind=_OAUTH,
    ),
    _provider(
        "Yahoo",
        "yahoo.com yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.pl yahoo.co.uk ymail.com rocketmail.com"
        " yahoo.ca yahoo.com.br yahoo.in yahoo.co.in yahoo.ie yahoo.at yahoo.ro yahoo.gr yahoo.se yahoo.nl",
        imap="imap.mail.yahoo.com",
        pop3="pop.mail.yahoo.com",
        smtp="smtp.mail.yahoo.com",
        mail_hosts="yahoodns.net",
        login_kind=_APP,
    ),
    _provider(
        "AOL",
        "aol.com aim.com aol.de aol.fr aol.co.uk",
        imap="imap.aol.com",
        pop3="pop.aol.com",
        smtp="smtp.aol.com",
        login_kind=_APP,
    ),
    _provider(
        "iCloud",
        "icloud.com me.com mac.com",
        imap="imap.mail.me.com",
        smtp="smtp.mail.me.com",
        starttls=True,
        mail_hosts="mail.icloud.com",
        login_kind=_APP,
    ),
    _provider(
        "GMX",
        "gmx.de gmx.net gmx.at gmx.ch gmx.eu gmx.org gmx.info gmx.biz",
        imap="imap.gmx.net",
        pop3="pop.gmx.net",
        smtp="mail.gmx.net",
        mail_hosts="gmx.net",
    ),
    _provider("GMX", "gmx.com gmx.us gmx.co.uk gmx.fr gmx.es", imap="imap.gmx.com", pop3="pop.gmx.com", smtp="mail.gmx.com"),
    _provider("WEB.DE", "web.de email.de", imap="imap.web.de", pop3="pop3.web.de", smtp="smtp.web.de", starttls=True),
    _provider("mail.com", "mail.com email.com", imap="imap.mail.com", pop3="pop.mail.com", smtp="smtp.mail.com"),
    _provider(
        "Fastmail",
        "fastmail.com fastmail.fm fastmail.net fastmail.org sent.com messagingengine.com",
        imap="imap.fastmail.com",
        pop3="pop.fastmail.com",
        smtp="smtp.fastmail.com",
        mail_hosts="messagingengine.com",
        jmap_url="https://api.fastmail.com/.well-known/jmap",
        login_kind=_APP,
    ),
    _provider(
        "Zoho",
        "zoho.com zohomail.com",
        imap="imap.zoho.com",
        pop3="pop.zoho.com",
        smtp="smtp.zoho.com",
    ),
    _provider("Zoho", "zoho.eu zohomail.eu", imap="imap.zoho.eu", pop3="pop.zoho.eu", smtp="smtp.zoho.eu"),
    _provider("Zoho", "", imap="imappro.zoho.com", pop3="poppro.zoho.com", smtp="smtppro.zoho.com", mail_hosts="zoho.com"),
    _provider("Zoho", "", imap="imappro.zoho.eu", pop3="poppro.zoho.eu", smtp="smtppro.zoho.eu", mail_hosts="zoho.eu"),
    _provider(
        "Yandex",
        "yandex.com yandex.ru ya.ru yandex.by yandex.kz yandex.ua",
        imap="imap.yandex.com",
        pop3="pop.yandex.com",
        smtp="smtp.yandex.com",
        mail_hosts="yandex.net yandex.ru",
        login_kind=_APP,
    ),
    _provider(
        "Mail.ru",
        "mail.ru inbox.ru list.ru bk.ru internet.ru",
        imap="imap.mail.ru",
        pop3="pop.mail.ru",
        smtp="smtp.mail.ru",
        mail_hosts="mail.ru",
        login_kind=_APP,
    ),
    _provider("WP Poczta", "wp.pl", imap="imap.wp.pl", pop3="pop3.wp.pl", smtp="smtp.wp.pl", user_is_local_part=True),
    _provider(
        "Onet Poczta",
        "onet.pl onet.eu onet.com.pl op.pl vp.pl poczta.onet.pl poczta.onet.eu autograf.pl buziaczek.pl amorki.pl"
        " adres.pl spoko.pl opoczta.pl",
        imap="imap.poczta.onet.pl",
        pop3="pop3.poczta.onet.pl",
        smtp="smtp.poczta.onet.pl",
    ),
    _provider(
        "Interia",
        "interia.pl interia.eu interia.com poczta.fm intmail.pl vip.interia.pl",
        imap="poczta.interia.pl",
        pop3="poczta.interia.pl",
        smtp="poczta.interia.pl",
    ),
    _provider(
        "o2 Poczta",
        "o2.pl go2.pl tlen.pl prokonto.pl",
        imap="poczta.o2.pl",
        pop3="poczta.o2.pl",
        smtp="poczta.o2.pl",
        user_is_local_part=True,
    ),
    _provider(
        "OVHcloud",
        "",
        imap="ssl0.ovh.net",
        pop3="ssl0.ovh.net",
        smtp="ssl0.ovh.net",
        mail_hosts="ovh.net",
    ),
    _provider(
        "IONOS",
        "online.de onlinehome.de",
        imap="imap.ionos.de",
        pop3="pop.ionos.de",
        smtp="smtp.ionos.de",
        mail_hosts="kundenserver.de ionos.de",
    ),
    _provider(
        "IONOS",
        "",
        imap="imap.ionos.com",
        pop3="pop.ionos.com",
        smtp="smtp.ionos.com",
        mail_hosts="ionos.com perfora.net",
    ),
    _provider("IONOS", "", imap="imap.ionos.co.uk", pop3="pop.ionos.co.uk", smtp="smtp.ionos.co.uk", mail_hosts="ionos.co.uk"),
    _provider("IONOS", "", imap="imap.ionos.fr", pop3="pop.ionos.fr", smtp="smtp.ionos.fr", mail_hosts="ionos.fr"),
    _provider("IONOS", "", imap="imap.ionos.es", pop3="pop.ionos.es", smtp="smtp.ionos.es", mail_hosts="ionos.es"),
    _provider(
        "STRATO",
        "",
        imap="imap.strato.de",
        pop3="pop3.strato.de",
        smtp="smtp.strato.de",
        mail_hosts="rzone.de strato.de",
    ),
    _provider(
        "T-Online",
        "t-online.de magenta.de",
        imap="secureimap.t-online.de",
        pop3="securepop.t-online.de",
        smtp="securesmtp.t-online.de",
        login_kind=_APP,
    ),
    _provider("freenet", "freenet.de", imap="mx.freenet.de", pop3="mx.freenet.de", smtp="mx.freenet.de"),
    _provider(
        "Orange",
        "orange.fr wanadoo.fr",
        imap="imap.orange.fr",
        pop3="pop.orange.fr",
        smtp="smtp.orange.fr",
    ),
    _provider("Free", "free.fr", imap="imap.free.fr", pop3="pop.free.fr", smtp="smtp.free.fr", user_is_local_part=True),
    _provider(
        "Seznam",
        "seznam.cz email.cz post.cz spoluzaci.cz",
        imap="imap.seznam.cz",
        pop3="pop3.seznam.cz",
        smtp="smtp.seznam.cz",
        mail_hosts="seznam.cz",
    ),
    _provider(
        "mailbox.org",
        "mailbox.org",
        imap="imap.mailbox.org",
        pop3="pop3.mailbox.org",
        smtp="smtp.mailbox.org",
        mail_hosts="mailbox.org",
    ),
    _provider("Posteo", "posteo.de posteo.net posteo.org", imap="posteo.de", pop3="posteo.de", smtp="posteo.de"),
    _provider("Migadu", "", imap="imap.migadu.com", pop3="pop.migadu.com", smtp="smtp.migadu.com", mail_hosts="migadu.com"),
    _provider("Libero", "libero.it", imap="imapmail.libero.it", pop3="popmail.libero.it", smtp="smtp.libero.it"),
)

_BY_DOMAIN = {domain: provider for provider in PROVIDERS for domain in provider.domains}
_BY_MAIL_HOST = sorted(
    ((ending, provider) for provider in PROVIDERS for ending in provider.mail_hosts), key=lambda pair: -len(pair[0])
)


def provider_of_domain(domain: str) -> Provider | None:
    """The provider that gives out addresses of this domain, or of a domain above it (firm.onmicrosoft.com)."""
    labels = domain.lower().split(".")
    above = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((_BY_DOMAIN[name] for name in above if name in _BY_DOMAIN), None)


def provider_of_mail_host(host: str) -> Provider | None:
    """The provider that runs this host, as a domain's MX names it. The longest ending that fits decides."""
    name = "." + host.lower().rstrip(".")
    return next((provider for ending, provider in _BY_MAIL_HOST if name.endswith("." + ending)), None)
