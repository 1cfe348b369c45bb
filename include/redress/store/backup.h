/* backup: a whole copy while the daemon runs, and the way back. Promise 11. */
#ifndef REDRESS_STORE_BACKUP_H
#define REDRESS_STORE_BACKUP_H

#include "redress/store/db.h"

/* Names for rd_meta_get_int. A message whose received_ms lies after FROM and before UNTIL may have
 * been answered before the restore: its letters wait for a person. 0: never restored. */
#define RD_META_RESTORED_FROM  "restored_from_ms"  /* when the backup was taken */
#define RD_META_RESTORED_UNTIL "restored_until_ms" /* when it was restored */

/* The least number that a new case may have, so that those of cases that a restore lost are not
 * given to others: letters with their references are out there. 0: never restored. */
#define RD_META_CASE_LEAST "case_least"
#define RD_RESTORE_GAP	   10000 /* numbers left out by a restore, and one more for each */
#define RD_RESTORE_GAP_MS  10000 /* of these since the backup was taken */

/* Writes FILE (0600; made beside and renamed; refuses one that is there: RD_E_EXISTS), synced; and
 * beside it FILE.erased, a copy of STATE.erased, where there is one. */
RD_MUST_USE enum rd_rc rd_backup_write(
	struct rd_db *db, const char *file, int64_t now_ms, struct rd_err *err);

/* Puts the backup in the place of the state file (which may be missing; an old one is kept as
 * STATE.before-restore, and there is one of the two under the name at every instant). Refuses
 * (RD_E_REFUSED) one that is damaged, newer than this program, or whose audit chain is broken;
 * RD_E_AGAIN while a daemon holds the lock. Unsent rows of the outbox (queued, sending) become
 * uncertain for a person, and case numbers go on behind a gap. What STATE.erased names is erased
 * in the copy before it takes its place (erasure.h); where there is none, FILE.erased becomes it.
 */
RD_MUST_USE enum rd_rc rd_backup_restore(
	const char *file, const char *state, int64_t now_ms, struct rd_err *err);
/* Is there a list of what was erased, beside the state or the backup? Without one a restore brings
 * back what was erased since the backup: people must be told. */
RD_MUST_USE enum rd_rc rd_backup_has_list(
	const char *file, const char *state, bool *ret_has, struct rd_err *err);

#endif
