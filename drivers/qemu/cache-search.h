/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding QEMU binaries on this machine. No state. */
#pragma once

#include "conf/arch.h"

/* Paths of every qemu-system-TARGET in the folders of @search_path (colon separated; NULL: the
 * usual ones), NULL-terminated, sorted; of those with one name the first (transfer full). */
char **virtcpu_qemu_search_all(const char *search_path) G_GNUC_WARN_UNUSED_RESULT;

/* The folders of @search_path, or the usual ones for NULL, NULL-terminated (transfer full). */
char **virtcpu_qemu_search_folders(const char *search_path) G_GNUC_WARN_UNUSED_RESULT;

/* The binary there that runs guests of @arch: its own, else one whose guests it is among, else, for
 * the host's, qemu-kvm. NULL when there is none (transfer full). */
char *virtcpu_qemu_search_arch(const char *search_path, VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* The architecture that the name of @binary claims, or NONE. */
VirtCpuArch virtcpu_qemu_search_claim(const char *binary);
