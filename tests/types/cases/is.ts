/** Says whether two types are the same: `is<A, B>(true)`. A type that is `any` is the same as none other. */
export declare function is<A, B>(
  same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false,
): void;
