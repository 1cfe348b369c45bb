/* quote_notices: what machines put into a mail: "Sent from my iPhone", legal notices, virus
 * scanners' words, "Please consider the environment", and the banners that mail servers put above
 * mail from outside ("CAUTION: This email originated from outside ...").
 *
 * A resident's own words in the same clothes stay hers: "Sent from my flat which is freezing",
 * "This email is confidential, please do not tell my ex".
 */
#ifndef REDRESS_MESSAGE_QUOTE_NOTICES_H
#define REDRESS_MESSAGE_QUOTE_NOTICES_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/message/quote_lines.h"

/* "Sent from my iPhone", "Get Outlook for Android": the line alone. */
bool rd_line_is_device(const struct rd_quote_line *line);

/* A banner about mail from outside begins here; *ret_next: where it ends, never later than the
 * next empty line. */
bool rd_line_banner(
	const struct rd_body *body, const struct rd_quote_line *line, uint32_t *ret_next);

/* A legal notice begins here; *ret_next: where the paragraph ends. behind: a signature or another
 * notice stands directly before it, so that less proof is wanted. */
bool rd_line_notice(
	struct rd_body *body, const struct rd_quote_line *line, bool behind, uint32_t *ret_next);

#endif
