/** Name and kind of the only carrier that a scaled clock may dial through. */
export const SIMULATOR = 'simulator';
