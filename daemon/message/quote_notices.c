#include "redress/message/quote_notices.h"

#include <string.h>

#define DEVICE_BYTES_MAX 120
#define NOTICE_BYTES_MAX 4096
#define BANNER_LINES_MAX 10
#define FOOTER_BYTES_MAX 200
#define BANNER_BYTES_MAX 400 /* of a line: what is longer holds more than a banner */
#define WRAPPED_BYTES	 50  /* a line this long goes on in the next */
#define COUNT(list)	 (sizeof(list) / sizeof(list)[0])

static bool starts_with_one_of(
	const char *text, size_t len, const char *const *words, size_t n, size_t *ret_len)
{
	for (size_t i = 0; i < n; i++)
		if (rd_text_starts(text, len, words[i])) {
			*ret_len = strlen(words[i]);
			return true;
		}
	return false;
}

static size_t count_found(const char *text, size_t len, const char *const *words, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += rd_text_find(text, len, words[i]) != NULL;
	return found;
}

/* --- devices --- */

/* Whole as they are: what follows is a version, a link, a full stop. */
static const char *const programs[] = { "Sent from Outlook", "Get Outlook for",
	"Download Outlook for", "Sent from Yahoo Mail", "Yahoo Mail: Search, Organi",
	"Sent from Mail", "Sent from Samsung", "Sent from Gmail", "Sent from AOL",
	"Sent from the all new AOL", "Sent from BlueMail", "Sent from Aqua Mail",
	"Sent from Proton", "Sent with Proton", "Sent using Hushmail", "Sent from Sky",
	"Sent via BT Email App", "Sent from my BT", "Sent from TypeApp", "Sent from Nine",
	"Sent with BlackBerry", "Sent via BlackBerry", "Sent from Hotmail", "Sent via the Samsung",
	"Sent from Windows Mail", "Sent from EE", "Sent from Virgin Media", "Sent from Spark",
	"Sent with Spark", "Sent from Tutanota", "Sent with Tutanota", "Sent from Android",
	"Sent with Airmail", "Sent from Zoho", "Sent with Shift", "Sent from TalkTalk",
	"Sent from FastMail", "Sent from K-9 Mail", "Sent from iCloud", "Sent by mobile" };

/* Web forms sign so; a page's name or address follows. */
static const char *const forms[] = { "Sent via web form", "Sent via the web form",
	"Sent via website", "Sent via our website", "Sent via the website", "Sent via contact form",
	"Sent via the contact form", "Sent from the website", "Sent from our website",
	"Sent from web form", "Sent from the web form", "Sent from a web form",
	"Sent from the contact form", "This e-mail was sent from a contact form",
	"This email was sent from a contact form", "This message was sent from a contact form",
	"This email was sent via a contact form", "This e-mail was sent via a contact form",
	"This email was sent via the website", "This message was sent via the website" };

/* The device follows, and little else. */
static const char *const sent_from[] = { "Sent from my ", "Sent via my ", "Sent using my ",
	"Sent from an ", "Sent from a ", "Sent on my ", "Sent with my ", "Anfonwyd o'm ",
	"Anfonwyd o’m ", "Anfonwyd o fy ", "Anfonwyd o ", "Anfonwyd gan ", "Von meinem ",
	"Gesendet von ", "Gesendet mit ", "Envoyé de ", "Envoyé depuis ", "Envoyé à partir ",
	"Enviado desde ", "Enviado do ", "Enviado a partir do ", "Enviado de ", "Enviado via ",
	"Inviato da ", "Inviato dal ", "Verstuurd vanaf ", "Verzonden vanaf ", "Verzonden met ",
	"Wysłane z ", "Wysłano z ", "Trimis de pe ", "Trimis din ", "Trimis cu ", "Skickat från ",
	"Sendt fra ", "Lähetetty ", "Отправлено с ", "Отправлено из ", "Надіслано з ",
	"Išsiųsta iš ", "Nosūtīts no ", "Odesláno z ", "Odoslané z ", "Elküldve ", "Poslano s ",
	"Изпратено от ", "Στάλθηκε από ", "أرسلت من ", "مرسل من ", "发自我的" };

static const char *const devices[] = { "iphone", "ipad", "ipod", "android", "samsung", "galaxy",
	"huawei", "blackberry", "windows phone", "windows", "htc", "nokia", "sony", "xperia",
	"moto", "motorola", "pixel", "oneplus", "xiaomi", "redmi", "oppo", "realme", "honor",
	"tablet", "mobile", "smartphone", "phone", "telefon", "ffôn", "mac", "macbook", "kindle",
	"outlook", "yahoo", "gmail", "gmx", "web.de", "poczt", "mail" };

/* Words that may stand around the device; anything else is the writer's own. */
static const char *const around[] = { "smartphone", "phone", "device", "handheld", "wireless",
	"tablet", "pro", "plus", "max", "mini", "ultra", "air", "lite", "edge", "note", "fold",
	"flip", "using", "via", "with", "on", "for", "the", "my", "a", "an", "app", "mail", "email",
	"e-mail", "ee", "o2", "three", "vodafone", "sky", "mobile", "network", "giffgaff", "bt",
	"tesco", "and", "i", "please", "excuse", "any", "typos", "errors", "brevity", "so",
	"apologies", "samsung", "galaxy", "huawei", "nokia", "sony", "xperia", "android", "iphone",
	"ipad", "outlook", "yahoo", "gmail", "windows", "blackberry", "ios", "xl", "se", "gesendet",
	"gönderildi", "cell", "work", "mojego", "telefonu", "aplikacji", "mobilnej", "poczty", "pe",
	"telefonul", "meu", "mi", "mon", "mijn", "meinem", "dal", "mio", "moto", "fy", "fusion",
	"pixel", "xiaomi", "redmi", "oppo", "oneplus", "honor", "kindle", "fire", "mac", "macbook",
	"secure", "encrypted", "free", "get", "it", "here", "now", "spelling", "mistakes",
	"grammar", "predictive", "text", "short", "new", "tab", "duos", "smart", "family", "de",
	"la", "aplicația", "gmx", "freemail" };

/* A word of what a device adds: a figure, a link, a mark, or one of the list. */
static bool is_around(const char *word, size_t len)
{
	while (len > 0 && strchr(".,;:!()[]<>'\"*|-", word[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr("([<'\"*|-", *word) != NULL) {
		word++;
		len--;
	}
	if (len == 0)
		return true;
	if (rd_text_find(word, len, "://") || rd_text_find(word, len, "www."))
		return true;
	for (size_t i = 0; i < len; i++)
		if (word[i] >= '0' && word[i] <= '9')
			return true;
	/* "iPhone-ul", "iPhone'a", "Xperia™", "smartphone®" */
	for (size_t i = 0; i < COUNT(devices); i++)
		if (rd_text_starts(word, len, devices[i]) && len <= strlen(devices[i]) + 6)
			return true;
	for (size_t i = 0; i < COUNT(around); i++)
		if (rd_text_is(word, len, around[i]))
			return true;
	return false;
}

static bool all_around(const char *text, size_t len)
{
	while (len > 0) {
		size_t n = 0, blank;

		while (n < len && (blank = rd_text_blank(text + n, len - n)) == 0)
			n++;
		if (n > 0 && !is_around(text, n))
			return false;
		text += n;
		len -= n;
		blank = rd_text_blank(text, len);
		text += blank;
		len -= blank;
	}
	return true;
}

/* " on Example Homes (https://www.example.org)", " form": no more than that. */
static bool names_page(const char *text, size_t len)
{
	return rd_text_words(text, len) <= 8 &&
	       (rd_text_find(text, len, "://") || rd_text_find(text, len, "www."));
}

/* "Sent from myMail for Android": a program that nobody here knows, but where it runs. */
static bool names_platform(const char *text, size_t len)
{
	static const char *const platforms[] = { "for Android", "for iOS", "for iPhone", "for iPad",
		"for Windows", "on Android", "on iOS", "for Mac" };

	while (len > 0 && strchr(". !", text[len - 1]) != NULL)
		len--;
	if (rd_text_words(text, len) > 6)
		return false;
	for (size_t i = 0; i < COUNT(platforms); i++) {
		size_t n = strlen(platforms[i]);

		if (len > n && rd_text_is(text + len - n, n, platforms[i]))
			return true;
	}
	return false;
}

bool rd_line_is_device(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len, n;

	/* <Sent from my phone>, *Sent from my phone*, -- Sent from my phone */
	while (len > 0 && strchr("<*[-( ", *text) != NULL) {
		text++;
		len--;
	}
	if (len < 8 || len > FOOTER_BYTES_MAX)
		return false;
	if (starts_with_one_of(text, len, programs, COUNT(programs), &n))
		return all_around(text + n, len - n);
	if (rd_text_starts(text, len, "Sent from ") && names_platform(text, len))
		return true;
	if (starts_with_one_of(text, len, forms, COUNT(forms), &n))
		return all_around(text + n, len - n) || names_page(text + n, len - n);
	if (len > DEVICE_BYTES_MAX ||
		!starts_with_one_of(text, len, sent_from, COUNT(sent_from), &n))
		return false;
	for (size_t i = 0; i < COUNT(devices); i++)
		if (rd_text_find(text + n, len - n, devices[i]))
			return all_around(text + n, len - n);
	return false;
}

/* --- banners of mail servers --- */

/* Any of these says it. */
static const char *const banner_signs[] = { "originated from outside", "originates from outside",
	"originated outside", "originates outside", "came from outside of",
	"came from outside the ", "from outside of the organi", "from outside the organi",
	"from outside your organi", "from outside our organi", "from outside of our organi",
	"from outside of your organi", "from outside the council", "from outside of the council",
	"from outside the trust", "from outside the company", "from outside of the company",
	"from outside the network", "from outside our network", "from an external sender",
	"from an external source", "from an external email", "from an external e-mail",
	"from an untrusted sender", "external sender", "sent from outside of",
	"sent from outside the ", "don't often get email from", "don’t often get email from",
	"do not often get email from", "not previously corresponded with",
	"outside the corporate network", "o'r tu allan i'r sefydliad",
	"o’r tu allan i’r sefydliad" };

/* What a banner begins with, once brackets and stars are off. */
static const char *const banner_beginnings[] = { "caution", "warning", "external", "this email",
	"this e-mail", "this message", "attention", "alert", "beware", "please note",
	"note:", "be careful", "think", "you don't often", "you don’t often", "you do not often",
	"some people who received this message don't often", "you have not previously", "notice",
	"security", "important", "rhybudd", "e-bost allanol", "mae'r e-bost hwn",
	"mae’r e-bost hwn" };

/* A whole line that says no more than that it came from outside. */
static const char *const banner_words[] = { "external", "external email", "external e-mail",
	"external sender", "external mail", "external message", "ext", "caution external email",
	"caution: external email", "caution - external email", "caution: external",
	"warning: external email", "external email - caution", "e-bost allanol" };

/* What its further sentences speak of. */
static const char *const banner_goes_on[] = { "click", "link", "attachment", "sender", "trust",
	"phish", "suspicious", "safe", "report", "it service", "learn why", "aka.ms", "password",
	"cyber", "content", "recogni", "bannerend", "vigilan", "genuine", "expecting" };

static bool ends_sentence(const struct rd_quote_line *line)
{
	size_t n = line->len;

	while (n > 0 && strchr("])*\"'", line->text[n - 1]) != NULL)
		n--;
	return n > 0 && strchr(".!?", line->text[n - 1]) != NULL;
}

static void strip_frame(const char **text, size_t *len)
{
	while (*len > 0 && strchr("[(*#!-=_| ", **text) != NULL) {
		++*text;
		--*len;
	}
	while (*len > 0 && strchr("])*#!-=_| :", (*text)[*len - 1]) != NULL)
		--*len;
}

/* A sentence of its own that a banner may add. */
static const char *const banner_sentences[] = { "do not ", "don't ", "don’t ", "please do not ",
	"please don't ", "please be ", "please report ", "please take ", "please treat ", "never ",
	"only ", "be ", "think ", "unless ", "report ", "learn why", "exercise ", "use caution",
	"take care", "treat ", "check ", "stop ", "if you ", "if in doubt", "when in doubt",
	"peidiwch ", "[", "you have not previously", "this message is from", "this email is from",
	"you don't often", "you don’t often" };

static bool goes_on(const struct rd_quote_line *last, const struct rd_quote_line *next)
{
	const char *text = next->text;
	size_t len = next->len, n;
	bool speaks = count_found(text, len, banner_goes_on, COUNT(banner_goes_on)) > 0;

	if (rd_text_find(text, len, "BannerEnd"))
		return true;
	if (!ends_sentence(last))
		return speaks || last->len >= WRAPPED_BYTES;
	return (speaks || count_found(text, len, banner_signs, COUNT(banner_signs)) > 0) &&
	       starts_with_one_of(text, len, banner_sentences, COUNT(banner_sentences), &n);
}

static bool is_mere_title(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len;

	strip_frame(&text, &len);
	for (size_t i = 0; i < COUNT(banner_words); i++)
		if (rd_text_is(text, len, banner_words[i]))
			return true;
	return false;
}

static bool is_banner_line(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len, n;

	strip_frame(&text, &len);
	return is_mere_title(line) || rd_text_find(text, len, "BannerStart") != NULL ||
	       starts_with_one_of(text, len, banner_beginnings, COUNT(banner_beginnings), &n);
}

bool rd_line_banner(
	const struct rd_body *body, const struct rd_quote_line *line, uint32_t *ret_next)
{
	static const char *const mail_words[] = { "mail", "message", "sender", "e-bost", "neges" };
	struct rd_quote_line last = *line;
	const char *text = line->text;
	size_t len;

	if (line->len > BANNER_BYTES_MAX || !is_banner_line(line))
		return false;
	/* What the resident wrote may stand directly below. */
	for (int i = 1; i < BANNER_LINES_MAX && last.next < body->len; i++) {
		struct rd_quote_line next = rd_line_at(body, last.next);

		if (next.len == 0 || next.len > BANNER_BYTES_MAX || !goes_on(&last, &next))
			break;
		last = next;
	}
	len = (size_t)(last.text + last.len - text);
	*ret_next = last.next;
	return is_mere_title(line) || rd_text_find(text, len, "BannerStart") != NULL ||
	       (count_found(text, len, banner_signs, COUNT(banner_signs)) > 0 &&
		       count_found(text, len, mail_words, COUNT(mail_words)) > 0);
}

/* --- legal notices --- */

/* Of these one sign is enough behind a signature. */
static const char *const plain_beginnings[] = { "Any views", "Any opinions", "Any unauthori",
	"Any disclosure", "Unauthori", "If you are not the intended", "If you have received this",
	"If you received this", "Registered in", "Registered office", "Registered charity",
	"Registered address", "Company registration", "Company number", "Company registered",
	"We welcome correspondence", "Croesawn ohebiaeth", "Rydym yn croesawu", "Mae'r neges hon",
	"Mae’r neges hon", "Gall y neges", "Gall yr e-bost", "Os nad", "Os ydych wedi derbyn",
	"Scanned by", "Checked by", "No virus found" };

static const char *const notice_beginnings[] = { "This email", "This e-mail", "This message",
	"This communication", "This transmission", "This footnote", "This correspondence",
	"This mail", "The information contained in this", "The information in this",
	"The contents of this", "The content of this", "The views", "The opinions", "The sender",
	"Confidential", "Disclaimer", "Privileged", "Privacy notice", "Privacy:", "Data protection",
	"If this email", "If this message", "Opinions", "Important notice",
	"IMPORTANT:", "Internet communications", "Internet e-mail", "E-mail is not", "Email is not",
	"Emails are", "E-mails are", "Emails sent", "E-mails sent", "Computer viruses", "Although ",
	"While ", "Whilst ", "Please note", "Please do not", "We may monitor", "We cannot",
	"We do not accept", "No liability", "Notice:", "Legal notice", "Mae'r e-bost",
	"Mae’r e-bost", "Diese E-Mail", "Ce message", "Este mensaje", "Ta wiadomość",
	"Niniejsza wiadomość", "Acest mesaj", "Acest e-mail" };

static const char *const notice_signs[] = { "intended recipient", "intended solely",
	"intended only", "addressee", "privileged", "unauthorised", "unauthorized", "malware",
	"received this email in error", "received this e-mail in error",
	"received this message in error", "received it in error", "received this communication",
	"registered in england", "registered in wales", "registered in scotland",
	"registered office", "registered charity", "registered number", "company number",
	"registered under", "regulator of social housing", "sole use of", "necessarily represent",
	"necessarily those of", "necessarily reflect", "opinions are my own", "views are my own",
	"opinions expressed", "views expressed", "delete it from your", "liability",
	"freedom of information", "privacy policy", "mailscanner", "believed to be clean",
	"contractual", "legally binding", "correspondence in welsh", "yn gymraeg", "gyfrinachol",
	"derbynnydd", "trwy gamgymeriad", "vertraulich", "confidentiel", "poufn", "adresata" };

/* These a resident may well write; beside one of the others they count. */
static const char *const weak_signs[] = { "intended for", "addressed", "virus", "in error",
	"copying", "disclos", "distribut", "confidential", "monitor", "gdpr", "data protection",
	"personal data", "privacy notice", "delete", "confidencial", "confidențial", "destinat" };

/* A line that is a notice by itself. */
static const char *const footers[] = { "Please consider the environment",
	"Please think of the environment", "P Please consider the environment",
	"Please think before you print", "Think before you print",
	"Consider the environment before", "Save paper", "Save a tree", "Ystyriwch yr amgylchedd",
	"Meddyliwch am yr amgylchedd", "Virus-free. www.", "Virus-free.www.", "Virus-free",
	"This email has been checked for viruses", "This e-mail has been checked for viruses",
	"This email has been scanned", "This e-mail has been scanned",
	"This message has been scanned", "This email is free from viruses",
	"This e-mail is free from viruses", "No virus found in this", "Scanned by",
	"Checked by AVG", "Email secured by", "Secured by", "Protected by" };

/* With such words the one who writes begins anew. */
static const char *const own_words[] = { "hi ", "hi,", "hello", "dear ", "good morning",
	"good afternoon", "good evening", "i ", "i'm ", "i’m ", "i've ", "i’ve ", "my ", "still ",
	"please can", "please could", "can you", "could you", "ps", "p.s", "helo", "annwyl" };

/* Further words of a footer that make it one: "Protected by" alone may begin anything. */
static bool is_footer(const struct rd_quote_line *line)
{
	static const char *const proof[] = { "print", "environment", "paper", "tree", "virus",
		"avast", "avg", "mcafee", "norton", "scann", "mimecast", "barracuda", "symantec",
		"sophos", "messagelabs", "malware", "argraffu" };
	size_t n;

	return line->len < FOOTER_BYTES_MAX &&
	       starts_with_one_of(line->text, line->len, footers, COUNT(footers), &n) &&
	       count_found(line->text, line->len, proof, COUNT(proof)) > 0;
}

static bool is_link(const struct rd_quote_line *line)
{
	return rd_text_words(line->text, line->len) == 1 &&
	       (rd_text_starts(line->text, line->len, "www.") ||
		       rd_text_starts(line->text, line->len, "http"));
}

bool rd_line_notice(
	struct rd_body *body, const struct rd_quote_line *line, bool behind, uint32_t *ret_next)
{
	struct rd_quote_line last = *line;
	const char *text = line->text;
	size_t len = line->len, n, signs;
	bool plain;

	if (is_footer(line)) {
		*ret_next = line->next;
		if (rd_line_not_blank(body, line->next, 0, &last) && is_link(&last))
			*ret_next = last.next;
		return true;
	}
	while (len > 0 && strchr("*_-(\"", *text) != NULL) {
		text++;
		len--;
	}
	plain = starts_with_one_of(text, len, plain_beginnings, COUNT(plain_beginnings), &n);
	if (!plain && !rd_text_starts(line->text, line->len, "*****") &&
		!starts_with_one_of(text, len, notice_beginnings, COUNT(notice_beginnings), &n))
		return false;
	if (body->looks_left == 0)
		return false;
	body->looks_left--;
	while (last.next < body->len && last.next - line->from < NOTICE_BYTES_MAX) {
		struct rd_quote_line next = rd_line_at(body, last.next);

		if (next.len == 0 || rd_line_depth(&next) > 0 ||
			(ends_sentence(&last) && starts_with_one_of(next.text, next.len, own_words,
							 COUNT(own_words), &n)))
			break;
		last = next;
	}
	len = (size_t)(last.text + last.len - text);
	if (len > NOTICE_BYTES_MAX)
		len = NOTICE_BYTES_MAX;
	*ret_next = last.next;
	/* "This email is confidential, please don't tell my ex" is a resident's word. */
	signs = count_found(text, len, notice_signs, COUNT(notice_signs));
	if (signs == 0)
		return false;
	return (plain && behind) ||
	       signs + count_found(text, len, weak_signs, COUNT(weak_signs)) >= 2;
}
