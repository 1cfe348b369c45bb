#include "html.h"

#include <stdint.h>
#include <string.h>
#include <unistr.h>

/* 12 point at least on paper, large and plain on a screen; colours that print apart in grey. */
static const char style[] =
	"body{font:16px/1.5 Arial,Helvetica,sans-serif;color:#111;background:#fff;"
	"max-width:62em;margin:2em auto;padding:0 1em}"
	"h1{font-size:1.8em;line-height:1.2}h2{margin-top:2em}"
	"table{border-collapse:collapse;width:100%;margin:1em 0}"
	"th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #bbb}"
	"thead th{border-bottom:2px solid #111}.n{text-align:right;white-space:nowrap}"
	".not{color:#555}.about{color:#333}"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:1em;"
	"font:15px/1.4 monospace}code{overflow-wrap:anywhere}"
	"svg{max-width:100%;height:auto}svg text{font:14px Arial,Helvetica,sans-serif;fill:#111}"
	".s0{fill:#1d4e89}.s1{fill:#e08214}.axis{stroke:#111}"
	"@media print{body{font-size:12pt;max-width:none;margin:0}h2{break-after:avoid}"
	"tr,figure{break-inside:avoid}thead{display:table-header-group}"
	".s0,.s1{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

void rd_html_words_len(FILE *out, const char *words, size_t len)
{
	for (size_t at = 0; at < len;) {
		ucs4_t c = 0;
		const int n = u8_mbtouc(&c, (const uint8_t *)words + at, len - at);
		const size_t bytes = n > 0 ? (size_t)n : 1;

		if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\n' || c == '\t')
			putc((int)c, out);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			putc(' ', out);
		/* Marks that turn the direction of what follows, and bytes that are no UTF-8. */
		else if (c == 0xfffd || (c >= 0x202a && c <= 0x202e) ||
			 (c >= 0x2066 && c <= 0x2069))
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(words + at, 1, bytes, out);
		at += bytes;
	}
}

void rd_html_words(FILE *out, const char *words)
{
	rd_html_words_len(out, words, strlen(words));
}

void rd_html_element(FILE *out, const char *tag, const char *words)
{
	const int name = (int)strcspn(tag, " ");

	fprintf(out, "<%s>", tag);
	rd_html_words(out, words);
	fprintf(out, "</%.*s>", name, tag);
}

void rd_html_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width\">"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">",
		out);
	rd_html_element(out, "title", title);
	fprintf(out, "<style>%s</style></head><body>\n", style);
}

void rd_html_end(FILE *out)
{
	fputs("</body></html>\n", out);
}
