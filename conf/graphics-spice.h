/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <graphics type='spice'> has beside ports: one table for reading, writing and QEMU's -spice.
 */
#pragma once

#include "conf/words.h"

/* In libvirt's order of writing. */
typedef enum {
    VIRTCPU_SPICE_IMAGE,
    VIRTCPU_SPICE_JPEG,
    VIRTCPU_SPICE_ZLIB,
    VIRTCPU_SPICE_PLAYBACK,
    VIRTCPU_SPICE_STREAMING,
    VIRTCPU_SPICE_MOUSE,
    VIRTCPU_SPICE_CLIPBOARD,
    VIRTCPU_SPICE_FILE_TRANSFER,
    VIRTCPU_SPICE_OPTION_LAST,
} VirtCpuSpiceOption;

/* An element with one attribute. */
typedef struct {
    const char *element, *attribute;
    const VirtCpuWords *words;     /* that the attribute may have */
    const char *qemu;              /* key of -spice */
    const char *const *qemu_words; /* what it has for each word; NULL: the word itself, an empty
                                      one: nothing is said */
} VirtCpuSpiceRow;

/* The row of @option. */
const VirtCpuSpiceRow *virtcpu_spice_row(VirtCpuSpiceOption option);

/* The elements, for VirtCpuXmlRule. */
#define VIRTCPU_SPICE_ELEMENTS "image jpeg zlib playback streaming mouse clipboard filetransfer"
