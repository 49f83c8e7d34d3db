// The one line that Vue needs: elements with our prefix are the browser's, no components.
import vue from "@vitejs/plugin-vue";

export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith("tailorbird-") } } })],
};
