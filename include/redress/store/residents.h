/* residents: who is known by the landlord's contacts file, found by address or number.
 *
 * A file is taken in by rd_residents_put, person by person; who was not named by it is dropped by
 * rd_residents_drop where the file is the whole truth. Somebody on a case that is not closed, or is
 * kept for legal reasons, is not dropped and does not grow old. What erasure took (residents of
 * rd_erase_resident) does not come in again by the next file unless a person says so; keyed hashes
 * of what they were known by outlive them.
 *
 * Each is one landlord's: another's messages are never looked up among them.
 */
#ifndef REDRESS_STORE_RESIDENTS_H
#define REDRESS_STORE_RESIDENTS_H

#include "redress/policy/resident.h"
#include "redress/store/casebook.h"
#include "redress/store/db.h"
#include "redress/store/erasure.h"

/* --- who wrote --- */

/* Everybody of the landlord who has this address or number (as it was written, or +44...). landlord
 * NULL: of any. */
RD_MUST_USE enum rd_rc rd_residents_find(struct rd_db *db, const char *landlord,
	const char *contact, struct rd_arena *arena, struct rd_resident **ret_residents,
	size_t *ret_n, struct rd_err *err);
/* The same as one (rd_resident_of_all): what all who share the address have in common. *ret_n 0:
 * nobody is known by it, and *ret_resident is untouched. */
RD_MUST_USE enum rd_rc rd_resident_known(struct rd_db *db, const char *landlord,
	const char *contact, struct rd_arena *arena, struct rd_resident *ret_resident,
	size_t *ret_n, struct rd_err *err);
/* Where letters may go instead of `tried`, and by what: the address or number that the file
 * prefers, of the person who is known by `tried` and nobody else, and may bear that name (the
 * case's; "": nobody knows). "" where it prefers post or a call, says nothing, or means `tried`
 * itself. Promise 5: then a person finds the way. */
RD_MUST_USE enum rd_rc rd_resident_other_way(struct rd_db *db, const char *landlord,
	const char *tried, const char *name, struct rd_arena *arena, const char **ret_address,
	enum rd_case_channel *ret_channel, struct rd_err *err);

struct rd_resident_filter {
	const char *landlord; /* NULL: any */
	bool restricted, adjusted;
};
/* By name. */
RD_MUST_USE enum rd_rc rd_residents_list(struct rd_db *db, const struct rd_resident_filter *filter,
	struct rd_arena *arena, struct rd_resident **ret_residents, size_t *ret_n,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_residents_count(
	struct rd_db *db, const char *landlord, int64_t *ret_n, struct rd_err *err);

/* --- a file coming in --- */

enum rd_resident_put {
	RD_RESIDENT_ADDED = 0,
	RD_RESIDENT_CHANGED,
	RD_RESIDENT_SAME,
	RD_RESIDENT_ERASED, /* was erased on request: left out */
	RD_N_RESIDENT_PUTS,
};
/* seen_ms: of the whole file. bring_back: also who was erased. */
RD_MUST_USE enum rd_rc rd_resident_put(struct rd_tx *tx, const struct rd_resident *resident,
	int64_t seen_ms, bool bring_back, enum rd_resident_put *ret_put, struct rd_err *err);
/* What it would be; changes nothing. */
RD_MUST_USE enum rd_rc rd_resident_would_put(struct rd_db *db, const struct rd_resident *resident,
	bool bring_back, enum rd_resident_put *ret_put, struct rd_err *err);
/* Those of the landlord (NULL: any) whom no file has named since before_ms: *ret_n may go,
 * *ret_kept stay for their case's sake. */
RD_MUST_USE enum rd_rc rd_residents_old(struct rd_db *db, const char *landlord, int64_t before_ms,
	int64_t *ret_n, int64_t *ret_kept, struct rd_err *err);
/* Drops at most max of them; *ret_n: so many went. */
RD_MUST_USE enum rd_rc rd_residents_drop(struct rd_tx *tx, const char *landlord, int64_t before_ms,
	size_t max, int64_t *ret_n, struct rd_err *err);

/* --- erasure --- */

/* Are they, by any of their addresses, on a case that is kept for legal reasons? */
RD_MUST_USE enum rd_rc rd_resident_is_held(
	struct rd_db *db, int64_t resident_id, bool *ret_held, struct rd_err *err);
/* Whoever is known by it and nobody shares it with goes; of people who share it, the address alone
 * goes. *ret_n: so many residents were touched. */
RD_MUST_USE enum rd_rc rd_erase_resident(
	struct rd_erasure *erasure, const char *contact, int64_t *ret_n, struct rd_err *err);
/* After a restore: everybody who was erased before; *n is added to. */
RD_MUST_USE enum rd_rc rd_erase_residents_again(
	struct rd_erasure *erasure, int64_t *n, struct rd_err *err);

#endif
