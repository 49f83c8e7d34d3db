// What every tab of the overlay is.

/** One tab of the panel. `refresh` brings it up to date; called only while it is seen. */
export interface View {
  name: string;
  body: HTMLElement;
  refresh(): void;
}
