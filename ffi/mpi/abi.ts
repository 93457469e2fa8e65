/** What differs between implementations of MPI for a program that is not compiled against one: handles and numbers. */

/** Handles, by the names of the standard. */
export interface MpiHandles {
  /** MPI_COMM_WORLD. */
  readonly world: bigint;
  /** MPI_ERRORS_RETURN. */
  readonly errorsReturn: bigint;
  /** MPI_BYTE. */
  readonly byte: bigint;
  /** MPI_FLOAT. */
  readonly float: bigint;
  /** MPI_DOUBLE. */
  readonly double: bigint;
  /** MPI_SUM. */
  readonly sum: bigint;
  /** MPI_MAX. */
  readonly max: bigint;
}

/** Binary interface of an implementation. */
export interface MpiAbi {
  /** For people. */
  readonly name: string;
  /** MPI_THREAD_FUNNELED. */
  readonly threadFunneled: number;
  /** MPI_IN_PLACE. */
  readonly inPlace: bigint;
  /** MPI_STATUS_IGNORE. */
  readonly statusIgnore: bigint;
  /** The handles; in Open MPI they are the addresses of these symbols. */
  readonly handles: MpiHandles | Readonly<Record<keyof MpiHandles, string>>;
}

/** Open MPI up to 5. */
export const OPEN_MPI = {
  name: "Open MPI",
  threadFunneled: 1,
  inPlace: 1n,
  statusIgnore: 0n,
  handles: {
    world: "ompi_mpi_comm_world",
    errorsReturn: "ompi_mpi_errors_return",
    byte: "ompi_mpi_byte",
    float: "ompi_mpi_float",
    double: "ompi_mpi_double",
    sum: "ompi_mpi_op_sum",
    max: "ompi_mpi_op_max",
  },
} as const satisfies MpiAbi;

/** MPICH and those that keep to its interface: Intel MPI, MVAPICH, Cray MPICH. */
export const MPICH = {
  name: "MPICH",
  threadFunneled: 1,
  inPlace: 0xffff_ffff_ffff_ffffn,
  statusIgnore: 1n,
  handles: {
    world: 0x44000000n,
    errorsReturn: 0x54000001n,
    byte: 0x4c00010dn,
    float: 0x4c00040an,
    double: 0x4c00080bn,
    sum: 0x58000003n,
    max: 0x58000001n,
  },
} as const satisfies MpiAbi;

/** The standard ABI (MPI 5.0, section 20): `libmpi_abi.so` of MPICH 5 and Open MPI 6. */
export const STANDARD_ABI = {
  name: "standard ABI",
  threadFunneled: 1024,
  inPlace: 1n,
  statusIgnore: 0n,
  handles: { world: 0x101n, errorsReturn: 0x142n, byte: 0x247n, float: 0x210n, double: 0x214n, sum: 0x21n, max: 0x23n },
} as const satisfies MpiAbi;
