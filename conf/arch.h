/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest and host architectures, under libvirt's names and QEMU's. */
#pragma once

#include <glib.h>

/* Every architecture libvirt names that a qemu-system-* binary of QEMU 7.2 to 11 emulates, and
 * ia64, which a <cpu> may name but QEMU never ran. libvirt has no name for avr, nios2, rx and
 * tricore: no document could hold them, so their binaries are left out. */
typedef enum {
    VIRTCPU_ARCH_NONE,
    VIRTCPU_ARCH_AARCH64,
    VIRTCPU_ARCH_ALPHA,
    VIRTCPU_ARCH_ARMV6L,
    VIRTCPU_ARCH_ARMV7L,
    VIRTCPU_ARCH_CRIS,
    VIRTCPU_ARCH_I686,
    VIRTCPU_ARCH_IA64,
    VIRTCPU_ARCH_LOONGARCH64,
    VIRTCPU_ARCH_M68K,
    VIRTCPU_ARCH_MICROBLAZE,
    VIRTCPU_ARCH_MICROBLAZEEL,
    VIRTCPU_ARCH_MIPS,
    VIRTCPU_ARCH_MIPS64,
    VIRTCPU_ARCH_MIPS64EL,
    VIRTCPU_ARCH_MIPSEL,
    VIRTCPU_ARCH_OR32,
    VIRTCPU_ARCH_PARISC,
    VIRTCPU_ARCH_PPC,
    VIRTCPU_ARCH_PPC64,
    VIRTCPU_ARCH_PPC64LE,
    VIRTCPU_ARCH_RISCV32,
    VIRTCPU_ARCH_RISCV64,
    VIRTCPU_ARCH_S390X,
    VIRTCPU_ARCH_SH4,
    VIRTCPU_ARCH_SH4EB,
    VIRTCPU_ARCH_SPARC,
    VIRTCPU_ARCH_SPARC64,
    VIRTCPU_ARCH_X86_64,
    VIRTCPU_ARCH_XTENSA,
    VIRTCPU_ARCH_XTENSAEB,
    VIRTCPU_ARCH_LAST,
} VirtCpuArch;

/* libvirt's name ("i686", "x86_64"), or NULL for NONE and out of range. Any thread. */
const char *virtcpu_arch_to_string(VirtCpuArch arch);

/* The architecture with libvirt's @name (may be NULL), or NONE. Any thread. */
VirtCpuArch virtcpu_arch_from_string(const char *name);

/* QEMU's target name, the suffix of qemu-system-* and query-target's answer ("i386", "or1k");
 * NULL for NONE and ia64. Any thread. */
const char *virtcpu_arch_to_qemu(VirtCpuArch arch);

/* The architecture that QEMU target @target (may be NULL) runs, or NONE. Any thread. */
VirtCpuArch virtcpu_arch_from_qemu(const char *target);

/* TRUE when a QEMU for @emulator runs guests of @guest: its own, and narrower relatives (i686 on
 * x86_64, armv7l on aarch64) or the other byte order (ppc64le on ppc64). Any thread. */
gboolean virtcpu_arch_runs(VirtCpuArch emulator, VirtCpuArch guest);

/* 32 or 64; 0 for NONE. Any thread. */
unsigned virtcpu_arch_wordsize(VirtCpuArch arch);

/* TRUE when its machines are PCs: an ISA bus with serial ports, an rtl8139 where no NIC is named.
 */
gboolean virtcpu_arch_is_pc(VirtCpuArch arch);

/* TRUE when libvirt gives its guests a memory balloon that they do not ask for. */
gboolean virtcpu_arch_adds_memballoon(VirtCpuArch arch);

/* The architecture of the kernel this process runs on (uname), or NONE when not in the table. */
VirtCpuArch virtcpu_arch_host(void);
