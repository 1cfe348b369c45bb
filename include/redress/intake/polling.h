/* polling: a number's list of received texts, walked back past the last known one, so that a text
 * whose webhook was lost in an outage is found.
 *
 * A walk begins with the newest text and goes on, page by page, until it has come to where the last
 * whole walk began and an hour before that, and all of the last page was known. What is not known
 * is stored as the webhook would have stored it, under the same id: by webhook and list, in any
 * order or at once, it is one message. What was received before the number was first seen is left
 * alone.
 *
 * A text that the provider has had for less than RD_POLL_GAP_MS is left to its webhook, which may
 * be on its way, or to the next walk. So every other one that a walk finds is a gap: its webhook
 * was lost.
 *
 * A walk takes no longer than RD_POLL_STRETCH_MS and one request at a time, for other numbers wait;
 * a longer one goes on where it was at the next call. It ends at once where the provider gives no
 * answer.
 *
 * The watermark never passes a text that nobody has seen. Where a text's words are not given now
 * the walk does not count as whole, and the next one begins where this one did. One that cannot be
 * read at all, or whose words were not given for a day, becomes a task for a person, once; the walk
 * then goes past it.
 */
#ifndef REDRESS_INTAKE_POLLING_H
#define REDRESS_INTAKE_POLLING_H

#include "redress/base/clock.h"
#include "redress/store/db.h"
#include "redress/wire/http.h"
#include "redress/wire/providers/provider.h"

#define RD_POLL_PAGES_MAX  20000 /* of one walk, over all its stretches */
#define RD_POLL_STRETCH_MS (2 * 60 * (int64_t)1000)
#define RD_POLL_OVERLAP_MS (3600 * (int64_t)1000)
#define RD_POLL_GAP_MS	   (2 * 60 * (int64_t)1000)
#define RD_POLL_BODY_MS	   (24 * 3600 * (int64_t)1000)
#define RD_POLL_BODIES_MAX 10 /* words that are not given: then the walk ends */
#define RD_POLL_IDS_BYTES  320

/* Ids for an alarm: the first few, and how many there are in all. */
struct rd_poll_ids {
	char text[RD_POLL_IDS_BYTES];
	size_t n;
};

/* Where a walk that is not at its end goes on. Start with `= { 0 }`; the caller keeps it. */
struct rd_poll_rest {
	bool stands;
	int64_t begun_ms;
	size_t n_pages, n_put_off;
	char url[RD_HTTP_URL_BYTES_MAX + 1];
};

struct rd_poll {
	struct rd_db *db;
	const struct rd_texts_config *texts; /* of a provider that has a list */
	const struct rd_clock *clock;
	struct rd_http *http;
	struct rd_arena *arena; /* scratch */
	bool no_webhook; /* nobody listens (--once): whatever is found is taken, and none is lost */
	struct rd_poll_rest *rest; /* of this number */
	int64_t stretch_ms;	   /* 0: RD_POLL_STRETCH_MS; below 0: as short as can be */
	bool (*stopping)(void *context);
	void *context;
};

struct rd_polled {
	size_t n_new;		   /* stored by this walk, and commits already made if it failed */
	struct rd_poll_ids lost;   /* of those, the ones whose webhook was lost */
	struct rd_poll_ids unread; /* listed, and not to be read: each a task since this walk */
	bool goes_on;		   /* it was not at its end yet; the watermark stays */
	bool too_long_ago;	   /* the last walk is longer ago than the provider keeps texts */
};

/* RD_E_REFUSED: our account or key; RD_E_AGAIN: the provider, or a list without an end; what was
 * found up to there is stored. ret_polled is always set. */
RD_MUST_USE enum rd_rc rd_poll_walk(
	const struct rd_poll *poll, struct rd_polled *ret_polled, struct rd_err *err);

#endif
