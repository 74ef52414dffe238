"""How mail programs and providers name the folders with a role, where the server does not tell the role itself."""

from __future__ import annotations

_NAMES: dict[str, str] = {
    "sent": """
        sent, sent mail, sent items, sent messages, sent mails, [gmail]/sent mail, outbox sent,
        gesendet, gesendete objekte, gesendete elemente, gesendete nachrichten, gesendete e mails,
        wysłane, elementy wysłane, wysłane elementy, wiadomości wysłane, poczta wysłana,
        envoyés, éléments envoyés, messages envoyés, courrier envoyé, objets envoyés, envoyé,
        enviados, elementos enviados, mensajes enviados, correo enviado, itens enviados, mensagens enviadas,
        posta inviata, inviata, inviati, messaggi inviati, verzonden, verzonden items, verzonden objecten,
        skickat, skickade, skickade objekt, sendt, sendte elementer, sendt post, sendte, lähetetyt,
        lähetetyt viestit, odeslané, odeslaná pošta, odeslaná, odoslané, odoslaná pošta, elküldött,
        elküldött elemek, trimise, elemente trimise, изпратени, отправленные, отправленная почта, исходящие,
        надіслані, відправлені, gönderilmiş öğeler, gönderilenler, gönderilmiş postalar, poslano, poslana pošta,
        poslane, išsiųsta, saadetud, nosūtītie, απεσταλμένα, 送信済み, 送信済みアイテム, 已发送, 已发送邮件, 보낸 편지함
        """,
    "drafts": """
        drafts, draft, entwürfe, entwurf, wersje robocze, robocze, szkice, kopie robocze, brouillons, brouillon,
        borradores, borrador, rascunhos, rascunho, bozze, concepten, utkast, kladder, kladde, luonnokset, koncepty,
        rozepsané, rozpracované, piszkozatok, ciorne, schițe, чернови, черновики, чернетки, taslaklar, skice,
        osnutki, nacrti, juodraščiai, mustandid, melnraksti, πρόχειρα, 下書き, 草稿, 草稿箱, 임시 보관함
        """,
    "junk": """
        junk, junk e mail, junk email, junk mail, spam, bulk, bulk mail, spamverdacht, unerwünscht, werbung,
        junk e mails, wiadomości śmieci, niechciane, wiadomości niechciane, spam niechciane, courrier indésirable,
        indésirables, pourriel, correo no deseado, no deseado, lixo eletrônico, lixo electrónico,
        posta indesiderata, ongewenste e mail, ongewenst, skräppost, søppelpost, uønsket post, uønsket e mail,
        uønsket, roskaposti, nevyžádaná pošta, nevyžiadaná pošta, levélszemét, mesaje nedorite, нежелана поща,
        спам, нежелательная почта, небажана пошта, önemsiz, gereksiz, istenmeyen, neželena pošta, 迷惑メール,
        垃圾邮件, 정크 메일, 스팸
        """,
    "trash": """
        trash, deleted, deleted items, deleted messages, bin, wastebasket, papierkorb, gelöscht,
        gelöschte objekte, gelöschte elemente, kosz, usunięte, elementy usunięte, wiadomości usunięte, corbeille,
        éléments supprimés, messages supprimés, papelera, elementos eliminados, eliminados, lixeira, lixo,
        itens excluídos, itens eliminados, cestino, posta eliminata, prullenbak, verwijderde items, verwijderd,
        papperskorg, papperskorgen, borttagna objekt, papirkurv, slettede elementer, slettet post, roskakori,
        poistetut, koš, odstraněná pošta, odstraněné, kôš, odstránené, kuka, törölt elemek, lomtár, gunoi,
        elemente șterse, кошче, изтрити, корзина, удаленные, удалённые, кошик, видалені, çöp kutusu,
        silinmiş öğeler, smeće, koš za smeće, smetnjak, šiukšliadėžė, prügikast, miskaste, κάδος, ゴミ箱,
        削除済みアイテム, 已删除, 已删除邮件, 휴지통
        """,
    "archive": """
        archive, archives, archived, archiv, archivierte, archiwum, zarchiwizowane, archivo, archivados, arquivo,
        arquivo morto, archivio, archief, arkiv, arkisto, archív, archívum, arhiva, arhivă, arhiv, архив, архів,
        arşiv, archyvas, arhiiv, arhīvs, αρχείο, アーカイブ, 存档, 归档, 보관함
        """,
    "all": """
        all mail, alle nachrichten, wszystkie, wszystkie wiadomości, tous les messages, todos, tutti i messaggi,
        alle berichten, вся почта
        """,
}

ROLE_BY_NAME: dict[str, str] = {
    name.strip(): role for role, names in _NAMES.items() for name in " ".join(names.split()).casefold().split(",")
}
