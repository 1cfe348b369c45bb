/* result: what became of one attempt to send one row, whatever it was sent by.
 *
 * The four outcomes are those of providers/provider.h. `ours` marks trouble of our own side (a
 * wrong password, a name that is not found, a certificate): nothing is wrong with the letter or its
 * recipient, and the alarm belongs to whoever runs the machine.
 *
 * on_wire is called when everything is ready and the first byte that could count is about to leave:
 * the sender commits there that this row may be on its way. Where it fails, nothing is sent and the
 * outcome is RD_SEND_AGAIN.
 */
#ifndef REDRESS_DELIVER_RESULT_H
#define REDRESS_DELIVER_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/wire/providers/provider.h"

#define RD_DELIVER_RESPONSE_BYTES 512

struct rd_deliver_result {
	enum rd_send outcome;
	bool ours;
	char response[RD_DELIVER_RESPONSE_BYTES]; /* the other side's last line, or our reason */
	const char *provider_id;		  /* arena, "" where there is none */
	const char *body; /* arena: what the provider says it has sent, "" where not said */
	int64_t wait_ms;  /* again: not before now plus this; 0: the usual back-off */
	bool opted_out;	  /* refused because the number has opted out at the provider */
};

struct rd_deliver_calls {
	void *context;
	enum rd_rc (*on_wire)(void *context, struct rd_err *err);
	void (*beat)(void *context); /* about once a second while waiting; NULL will do */
};

#endif
