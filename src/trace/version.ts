/** The version of ksm-wasm, as recordings name it. The same as in package.json, which a browser cannot read. */
export const VERSION = '0.1.0';
