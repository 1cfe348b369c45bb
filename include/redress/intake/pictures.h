/* pictures: fetches the pictures that came with texts and keeps them.
 *
 * Only from where the provider keeps them, over TLS, RD_MEDIA_BYTES_MAX each, one redirect at most
 * and that without credentials, wherever it leads. They are kept as they came: nothing here looks
 * into them. One that cannot be fetched is tried again for some hours, then a person has a task.
 */
#ifndef REDRESS_INTAKE_PICTURES_H
#define REDRESS_INTAKE_PICTURES_H

#include "redress/intake/polling.h"

#define RD_PICTURES_AT_ONCE 20

struct rd_pictures {
	size_t n_kept;
	size_t n_put_off;
	size_t n_given_up; /* each is a task */
};

/* Those of one number that are due, up to the first that is not answered. Does nothing where the
 * provider has none. */
RD_MUST_USE enum rd_rc rd_pictures_fetch(
	const struct rd_poll *poll, struct rd_pictures *ret_pictures, struct rd_err *err);

#endif
