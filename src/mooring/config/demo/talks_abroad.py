"""What is written about ropes and sails in Polish, German, French and Japanese. Data only; the blanks are those of talks.py."""

from __future__ import annotations

from typing import Final

from mooring.config.demo.talks import TALKS, Talk, ask, say

_POLISH: Final = (
    Talk(
        "Zapytanie o grot – {matter}",
        (
            ask(
                "zwracam się z prośbą o wycenę nowego żagla ({matter}). Stary pamięta jeszcze czasy, kiedy "
                "szkutnik był młody. Długość liku około {length} stóp. Żeglujemy znów w maju.\n\n"
                "Czy zdążą Państwo z dostawą na początek sezonu?"
            ),
            say(
                "dziękujemy za wiadomość. Żagiel możemy uszyć za {price} funtów, z dwiema refbantami i ręcznie "
                "obszytymi remizkami. Ofertę załączam. Zdążymy, jeżeli wymiary dotrą do nas do końca tygodnia.",
                "offer",
            ),
            ask("wymiary w załączniku. Proszę szyć! Pozdrowienia znad jeziora.", "plan"),
        ),
    ),
    Talk(
        "Faktura nr {number}/26",
        (
            say("w załączeniu przesyłam fakturę {number}/26 na kwotę {price} funtów. Termin płatności: 30 dni.", "invoice"),
            ask("dziękujemy, faktura została przekazana do księgowości. Źdźbło cierpliwości, przelew będzie w piątek."),
        ),
    ),
    Talk(
        "Przegląd lin",
        (
            ask("zbliża się termin przeglądu lin ({matter}). Kiedy mogliby Państwo przyjechać?", "html"),
            say("nasi takielarze będą w Polsce w drugim tygodniu czerwca. Czy odpowiada Państwu czwartek?"),
            ask("czwartek jest idealny. Będzie też ciasto drożdżowe."),
        ),
    ),
)

_GERMAN: Final = (
    Talk(
        "Anfrage: neue Schoten für {matter}",
        (
            ask(
                "für {matter} brauchen wir {number} Meter {rope}, dazu vier gespleißte Augen. Können Sie uns bitte "
                "ein Angebot schicken? Größe und Farbe wie im letzten Jahr, nur möglichst nicht wieder rosa."
            ),
            say("vielen Dank für Ihre Anfrage. Das Angebot über {price} Pfund liegt bei; diesmal in Dunkelblau.", "offer"),
            ask("so bestellen wir es gern. Liefern Sie bitte an die Halle, nicht ins Büro, dort wird noch gestrichen."),
            say("die Sendung ist unterwegs und müsste am Donnerstag bei Ihnen sein.", "html"),
        ),
    ),
    Talk(
        "Rechnung {number}/26",
        (
            say("anbei unsere Rechnung {number}/26 über {price} Pfund. Vielen Dank für Ihren Auftrag!", "invoice"),
            ask("vielen Dank, die Überweisung ist heute hinausgegangen. Schöne Grüße von der Küste."),
        ),
    ),
    Talk(
        "Prüfung der Seile",
        (
            ask("die jährliche Prüfung steht an ({matter}). Anbei ein Foto der Stelle, die uns Sorgen macht.", "photo"),
            say("die Kausch ist ausgeschlagen. Bitte nicht mehr belasten; wir bringen am Montag Ersatz mit."),
        ),
    ),
)

_FRENCH: Final = (
    Talk(
        "Demande de devis : {matter}",
        (
            ask(
                "nous souhaiterions un devis pour {number} mètres de cordage en chanvre ({matter}). "
                "L’ancien a été rongé par les souris, qui semblent très satisfaites de sa qualité."
            ),
            say("merci de votre message. Vous trouverez ci-joint notre devis de {price} livres, souris non comprises.", "offer"),
            ask("c’est parfait, nous passons commande. À bientôt !"),
        ),
    ),
    Talk(
        "Livraison reçue",
        (ask("les cordages sont bien arrivés et sont magnifiques. Une photo prise ce matin à l’équipage.", "photo", "html"),),
    ),
)

_JAPANESE: Final = (
    Talk(
        "【お見積り依頼】セール製作の件",
        (
            ask(
                "いつもお世話になっております。\n{matter}のメインセールを新調したく、お見積りをお願いいたします。"
                "ラフの長さは約{length}フィートです。四月の進水式に間に合えば幸いです。"
            ),
            say("お問い合わせありがとうございます。お見積書（{price}ポンド）を添付いたします。ご確認ください。", "offer"),
            ask("ありがとうございます。社内で承認されましたので、正式に発注いたします。", "html"),
        ),
    ),
    Talk(
        "ロープ到着のご連絡",
        (ask("ご発送いただいたロープが本日無事に到着いたしました。大変美しい仕上がりで、一同感激しております。", "photo"),),
    ),
)

BY_LANGUAGE: Final = {"en": TALKS, "pl": _POLISH, "de": _GERMAN, "fr": _FRENCH, "ja": _JAPANESE}

GREETINGS: Final = {
    "en": "Dear {name},",
    "pl": "Dzień dobry,",
    "de": "Guten Tag {name},",
    "fr": "Bonjour {name},",
    "ja": "{name} 様",
}
CLOSINGS: Final = {
    "en": "With kind regards",
    "pl": "Z pozdrowieniami",
    "de": "Mit freundlichen Grüßen",
    "fr": "Bien cordialement",
    "ja": "どうぞよろしくお願いいたします。",
}
QUOTING: Final = {
    "en": "On {date}, {name} wrote:",
    "pl": "W dniu {date} {name} pisze:",
    "de": "Am {date} schrieb {name}:",
    "fr": "Le {date}, {name} a écrit :",
    "ja": "{date} {name}:",
}
