/* err: how every fallible call of the house reports failure.
 *
 * A call that can fail returns enum rd_rc and takes, as its last argument, a struct rd_err of the
 * caller's (never NULL), which it fills on failure: what went wrong, where (file:line:column,
 * mailbox, address of a server) and what to do next. Outputs are named ret_ and stay untouched on
 * failure. Layers below gateway/ never log an error that they return.
 *
 *   RD_E_AGAIN    a passing trouble (network, lock, full disk): the same call may work later
 *   RD_E_INPUT    what came from outside is wrong; the same input will fail again
 *   RD_E_RANGE    a named limit was reached, or a date lies past the calendar
 *   RD_E_STORE    the database refused; nothing was changed
 *   RD_E_MISSING  what was asked for is not there
 *   RD_E_EXISTS   it is there already (a unique key)
 *   RD_E_REFUSED  understood and not allowed (authentication, a closed case, a newer store)
 *   RD_E_BUG      our own mistake, where an assertion would hurt more than it helps
 */
#ifndef REDRESS_BASE_ERR_H
#define REDRESS_BASE_ERR_H

enum rd_rc {
	RD_OK = 0,
	RD_E_AGAIN,
	RD_E_INPUT,
	RD_E_RANGE,
	RD_E_STORE,
	RD_E_MISSING,
	RD_E_EXISTS,
	RD_E_REFUSED,
	RD_E_BUG,
};

#define RD_ERR_MAX 512

/* On the caller's stack; no heap. Start with `struct rd_err err = { 0 };`. */
struct rd_err {
	enum rd_rc code;
	char msg[RD_ERR_MAX];
};

#define RD_MUST_USE	__attribute__((warn_unused_result))
#define RD_CLEANUP(fn)	__attribute__((cleanup(fn)))
#define RD_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Gives a pointer away: its cleanup then finds NULL. */
#define RD_STEAL(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) rd_stolen_ = (p);                                                    \
		(p) = NULL;                                                                        \
		rd_stolen_;                                                                        \
	})

/* Returns from the calling function with the failure, if there is one. */
#define RD_TRY(call)                                                                               \
	do {                                                                                       \
		enum rd_rc rd_rc_ = (call);                                                        \
		if (rd_rc_ != RD_OK)                                                               \
			return rd_rc_;                                                             \
	} while (0)

/* Fills err and returns code, so that a failure reads `return rd_fail(err, RD_E_INPUT, "...")`. */
RD_PRINTF(3, 4)
enum rd_rc rd_fail(struct rd_err *err, enum rd_rc code, const char *format, ...);

/* Puts "prefix: " before the message that err holds already; returns err->code. */
RD_PRINTF(2, 3)
enum rd_rc rd_fail_within(struct rd_err *err, const char *format, ...);

/* For our own bugs, never for input: always on, prints file:line and aborts. */
#define RD_ASSERT(condition)                                                                       \
	((condition) ? (void)0 : rd_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void rd_assert_failed(const char *condition, const char *file, int line);

#endif
