/* tenure: how a resident holds the home, as the Regulator's measures tell it apart, from whatever a
 * landlord's contacts file calls it. Pure.
 */
#ifndef REDRESS_POLICY_TENURE_H
#define REDRESS_POLICY_TENURE_H

enum rd_tenure {
	RD_TENURE_UNKNOWN = 0, /* nothing is said, or nothing that these words hold */
	RD_TENURE_LCRA,	       /* low cost rental accommodation */
	RD_TENURE_LCHO,	       /* low cost home ownership */
	RD_TENURE_OTHER,       /* outside the measures: leaseholders, market rent ... */
	RD_N_TENURES,
};
extern const char *const rd_tenure_names[RD_N_TENURES + 1]; /* "unknown", "lcra", ...; NULL-ended */

/* "General needs", "Shared ownership", "leaseholder", "LCRA" ..., in any case. */
enum rd_tenure rd_tenure_of(const char *words);

#endif
