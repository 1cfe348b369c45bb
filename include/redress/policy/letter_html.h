/* letter_html: the HTML form of a mail, for large print: 16 or 18 point, sans serif, left-aligned,
 * dark on white, headings as headings, a language on everything, links that can be followed; no
 * italics, underlining or blocks of capitals, no picture, no script, nothing from elsewhere.
 *
 * Says word for word what the text form says. Everything that is printed is escaped: neither a rule
 * nor a person's words can become markup. Sizes and colours stand on the elements themselves, for
 * many mail programs drop a style sheet. Sources: WCAG 2.2 (1.3.1, 1.4.6, 2.4.4, 3.1.1, 3.1.2);
 * the Ombudsman's and the RNIB's advice on large print.
 */
#ifndef REDRESS_POLICY_LETTER_HTML_H
#define REDRESS_POLICY_LETTER_HTML_H

#include <stdbool.h>
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/policy/letter.h"

#define RD_LETTER_HTML_MAX (128u << 10)

/* rendered: a mail. largest: 18 point, for whoever asked for large print; else 16. */
RD_MUST_USE enum rd_rc rd_letter_html(
	const struct rd_rendered *rendered, bool largest, struct rd_buf *out, struct rd_err *err);

#endif
