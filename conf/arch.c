/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/arch.h"

#include <sys/utsname.h>

typedef struct {
    const char *name;
    const char *qemu;
    unsigned wordsize;
    VirtCpuArch also_on; /* another architecture whose QEMU runs this one, too; or NONE */
    gboolean is_pc;
    gboolean no_memballoon;
} ArchRow;

static const ArchRow rows[VIRTCPU_ARCH_LAST] = {
    [VIRTCPU_ARCH_AARCH64] = { "aarch64", "aarch64", 64, .no_memballoon = TRUE },
    [VIRTCPU_ARCH_ALPHA] = { "alpha", "alpha", 64 },
    [VIRTCPU_ARCH_ARMV6L] = { "armv6l", NULL, 32, .no_memballoon = TRUE },
    [VIRTCPU_ARCH_ARMV7L] = { "armv7l", "arm", 32, VIRTCPU_ARCH_AARCH64, .no_memballoon = TRUE },
    [VIRTCPU_ARCH_CRIS] = { "cris", "cris", 32 },
    [VIRTCPU_ARCH_I686] = { "i686", "i386", 32, VIRTCPU_ARCH_X86_64, TRUE },
    [VIRTCPU_ARCH_IA64] = { "ia64", NULL, 64 },
    [VIRTCPU_ARCH_LOONGARCH64] = { "loongarch64", "loongarch64", 64 },
    [VIRTCPU_ARCH_M68K] = { "m68k", "m68k", 32 },
    [VIRTCPU_ARCH_MICROBLAZE] = { "microblaze", "microblaze", 32 },
    [VIRTCPU_ARCH_MICROBLAZEEL] = { "microblazeel", "microblazeel", 32 },
    [VIRTCPU_ARCH_MIPS] = { "mips", "mips", 32 },
    [VIRTCPU_ARCH_MIPS64] = { "mips64", "mips64", 64 },
    [VIRTCPU_ARCH_MIPS64EL] = { "mips64el", "mips64el", 64 },
    [VIRTCPU_ARCH_MIPSEL] = { "mipsel", "mipsel", 32 },
    [VIRTCPU_ARCH_OR32] = { "or32", "or1k", 32 },
    [VIRTCPU_ARCH_PARISC] = { "parisc", "hppa", 32 },
    [VIRTCPU_ARCH_PPC] = { "ppc", "ppc", 32 },
    [VIRTCPU_ARCH_PPC64] = { "ppc64", "ppc64", 64 },
    [VIRTCPU_ARCH_PPC64LE] = { "ppc64le", NULL, 64 },
    [VIRTCPU_ARCH_RISCV32] = { "riscv32", "riscv32", 32 },
    [VIRTCPU_ARCH_RISCV64] = { "riscv64", "riscv64", 64 },
    [VIRTCPU_ARCH_S390X] = { "s390x", "s390x", 64 },
    [VIRTCPU_ARCH_SH4] = { "sh4", "sh4", 32 },
    [VIRTCPU_ARCH_SH4EB] = { "sh4eb", "sh4eb", 32 },
    [VIRTCPU_ARCH_SPARC] = { "sparc", "sparc", 32 },
    [VIRTCPU_ARCH_SPARC64] = { "sparc64", "sparc64", 64 },
    [VIRTCPU_ARCH_X86_64] = { "x86_64", "x86_64", 64, .is_pc = TRUE },
    [VIRTCPU_ARCH_XTENSA] = { "xtensa", "xtensa", 32 },
    [VIRTCPU_ARCH_XTENSAEB] = { "xtensaeb", "xtensaeb", 32 },
};

static const ArchRow *
arch_row(VirtCpuArch arch)
{
    static const ArchRow none = { 0 };

    return arch > VIRTCPU_ARCH_NONE && arch < VIRTCPU_ARCH_LAST ? &rows[arch] : &none;
}

const char *
virtcpu_arch_to_string(VirtCpuArch arch)
{
    return arch_row(arch)->name;
}

const char *
virtcpu_arch_to_qemu(VirtCpuArch arch)
{
    return arch == VIRTCPU_ARCH_PPC64LE  ? rows[VIRTCPU_ARCH_PPC64].qemu
           : arch == VIRTCPU_ARCH_ARMV6L ? rows[VIRTCPU_ARCH_ARMV7L].qemu
                                         : arch_row(arch)->qemu;
}

gboolean
virtcpu_arch_runs(VirtCpuArch emulator, VirtCpuArch guest)
{
    const char *target = virtcpu_arch_to_qemu(guest);

    if (emulator == VIRTCPU_ARCH_NONE || guest == VIRTCPU_ARCH_NONE) {
        return FALSE;
    }
    return emulator == guest || arch_row(guest)->also_on == emulator ||
           (target != NULL && g_strcmp0(target, virtcpu_arch_to_qemu(emulator)) == 0);
}

unsigned
virtcpu_arch_wordsize(VirtCpuArch arch)
{
    return arch_row(arch)->wordsize;
}

gboolean
virtcpu_arch_is_pc(VirtCpuArch arch)
{
    return arch_row(arch)->is_pc;
}

gboolean
virtcpu_arch_adds_memballoon(VirtCpuArch arch)
{
    return !arch_row(arch)->no_memballoon;
}

VirtCpuArch
virtcpu_arch_from_string(const char *name)
{
    for (int arch = VIRTCPU_ARCH_NONE + 1; arch < VIRTCPU_ARCH_LAST; arch++) {
        if (g_strcmp0(rows[arch].name, name) == 0) {
            return (VirtCpuArch)arch;
        }
    }
    return VIRTCPU_ARCH_NONE;
}

VirtCpuArch
virtcpu_arch_from_qemu(const char *target)
{
    for (int arch = VIRTCPU_ARCH_NONE + 1; target != NULL && arch < VIRTCPU_ARCH_LAST; arch++) {
        if (g_strcmp0(rows[arch].qemu, target) == 0) {
            return (VirtCpuArch)arch;
        }
    }
    return VIRTCPU_ARCH_NONE;
}

VirtCpuArch
virtcpu_arch_host(void)
{
    struct utsname name;
    VirtCpuArch arch;

    if (uname(&name) != 0) {
        return VIRTCPU_ARCH_NONE;
    }
    arch = virtcpu_arch_from_string(name.machine);
    if (arch != VIRTCPU_ARCH_NONE) {
        return arch;
    }
    return g_str_has_prefix(name.machine, "i") && g_str_has_suffix(name.machine, "86")
               ? VIRTCPU_ARCH_I686
               : virtcpu_arch_from_qemu(name.machine);
}
