/* house_redressctl: a house whose store and rules redressctl is run on, by a configuration file in
 * the house's folder. Its clock is the machine's, whatever the house's says. */
#ifndef REDRESS_SUPPORT_HOUSE_REDRESSCTL_H
#define REDRESS_SUPPORT_HOUSE_REDRESSCTL_H

#include "support/house.h"
#include "support/redressctl.h"

/* A test's setup: a new house, with the file. */
static inline int house_redressctl_setup(void **state)
{
	struct house *h = house_new(NULL);
	char path[FOLDER_MAX + 16], text[1024];

	snprintf(path, sizeof path, "%s/redress.conf", h->dir);
	snprintf(text, sizeof text,
		"Gateway: house\nState: %s\nRules: %s\nLandlord: code-2024\n\nMailbox: complaints\n"
		"Kind: maildir\nPath: %s/complaints\n\nOutgoing: letters\nKind: maildir\n"
		"Path: %s/sent\nFrom: complaints@house.example\n",
		h->state, h->rules, h->dir, h->dir);
	house_write(path, text, strlen(text));
	*state = h;
	return 0;
}

/* As redressctl_run_by, by pat. */
static inline int house_redressctl(
	const struct house *h, const char *const *words, char *out, size_t size)
{
	char path[FOLDER_MAX + 16];

	snprintf(path, sizeof path, "%s/redress.conf", h->dir);
	return redressctl_run_by(path, "pat", words, out, size);
}

#define house_redressctl_test(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, house_redressctl_setup, house_teardown)

#endif
