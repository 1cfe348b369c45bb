/* pictures: what redressctl knows of the files that came with texts. */
#ifndef REDRESS_REDRESSCTL_PICTURES_H
#define REDRESS_REDRESSCTL_PICTURES_H

/* A file name's ending for a type as the provider called it: nothing looks into the bytes. */
const char *rd_ctl_ending_of(const char *type);

#endif
